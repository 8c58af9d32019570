#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace poolhammer {

namespace detail {

// Wrapping is meant here: the builtins say so, where an unsigned-overflow sanitizer would object to + and *.
[[nodiscard]] inline std::uint64_t wrapping_add(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  static_cast<void>(__builtin_add_overflow(a, b, &sum));
  return sum;
}
[[nodiscard]] inline std::uint64_t wrapping_multiply(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  static_cast<void>(__builtin_mul_overflow(a, b, &product));
  return product;
}

}  // namespace detail

/// From one word of a pattern to the next.
inline constexpr std::uint64_t pattern_step = 0x0101'0101'0101'0101U;

/// The bytes that a block holds: 8-byte words that count up from a start which no two blocks share, so that a
/// byte from another block, from another place of the same block, or a zero is noticed.
[[nodiscard]] inline std::uint64_t pattern_word(std::uint64_t pattern, std::size_t index) {
  return detail::wrapping_add(pattern, detail::wrapping_multiply(index, pattern_step));
}

/// The start for the n-th block of a run.
[[nodiscard]] inline std::uint64_t pattern_of(std::uint64_t number) {
  number = detail::wrapping_multiply(number + 1, 0x9E37'79B9'7F4A'7C15U);
  return detail::wrapping_multiply(number ^ (number >> 29U), 0xBF58'476D'1CE4'E5B9U);
}

/// A block of at most so many bytes is written and read everywhere. Of a larger one samples are: its first
/// and last 64 KiB, and a page on both sides of three to seven multiples of a power of two between. So a
/// block of gigabytes costs no more than one of this size.
inline constexpr std::size_t wholly_touched = std::size_t{16} << 20U;

/// The most bytes of memory that a block of `size` bytes takes by being written and read.
[[nodiscard]] constexpr std::size_t touched_bytes(std::size_t size) {
  return size < wholly_touched ? size : wholly_touched;
}

/// Fills a block, or its samples. Under AddressSanitizer its memory must be the owner's, or the process ends.
void write_pattern(std::span<std::byte> bytes, std::uint64_t pattern);

[[nodiscard]] inline std::byte pattern_byte(std::uint64_t pattern, std::size_t offset) {
  return static_cast<std::byte>(pattern_word(pattern, offset / 8) >> (8 * (offset % 8)));
}

/// The offset of the first byte that is not as written, among those that write_pattern writes in a block of
/// that size: the samples of a part of a large block are others than those of the whole. Under
/// AddressSanitizer the memory must be the owner's.
[[nodiscard]] std::optional<std::size_t> find_damage(std::span<const std::byte> bytes, std::uint64_t pattern);

/// The offset of the first byte that is not zero, likewise.
[[nodiscard]] std::optional<std::size_t> find_nonzero(std::span<const std::byte> bytes);

}  // namespace poolhammer
