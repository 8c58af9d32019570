#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "allocator/domains/domain.hpp"
#include "allocator/poison.hpp"

namespace pymalloc {

// What the debug layer writes. CPython's values, so that a pattern seen in a debugger says the same in both.
inline constexpr std::byte fresh_byte{0xCD};  ///< data that was never written
inline constexpr std::byte dead_byte{0xDD};   ///< data of a freed block
inline constexpr std::byte guard_byte{0xFD};  ///< pads before and behind the data

/// One block of the debug layer, S being sizeof(size_t):
///
///   S bytes  size of the data, big-endian, so that it reads well in a dump
///   1 byte   letter of the domain; its capital once the block is freed
///   S-1      guard_byte; dead_byte once the block is freed
///   size     the data, to which clients have the pointer
///   S bytes  guard_byte; dead_byte once the block is freed
///   S bytes  serial number, big-endian; only where blocks are numbered
///
/// All but the data are the block's guards. What each of them must hold follows from this value alone.
struct BlockShape {
  static constexpr std::size_t word = sizeof(std::size_t);
  /// Bytes before the data: a multiple of every alignment that ISO C knows of, so that the data has it too. A
  /// base that aligns to more than 16 gives its alignment up.
  static constexpr std::size_t prefix = 2 * word;
  static_assert(prefix % alignof(std::max_align_t) == 0);
  static constexpr std::ptrdiff_t letter_offset = -static_cast<std::ptrdiff_t>(word);

  std::size_t size = 0;  ///< bytes of data
  Domain domain = Domain::raw;
  std::optional<std::size_t> serial{};
  bool dead = false;

  [[nodiscard]] static constexpr std::size_t tail(bool numbered) { return numbered ? 2 * word : word; }
  /// The largest size for which size + prefix + tail is still a request that can be granted.
  [[nodiscard]] static constexpr std::size_t largest_size(bool numbered) {
    return static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - prefix - tail(numbered);
  }
  [[nodiscard]] static constexpr std::byte letter(Domain domain, bool dead) {
    constexpr int to_capital = 'A' - 'a';
    return static_cast<std::byte>(letter_of(domain) + (dead ? to_capital : 0));
  }

  /// Offsets are counted from the first byte of the data. The block is [begin(), end()).
  [[nodiscard]] static constexpr std::ptrdiff_t begin() { return -static_cast<std::ptrdiff_t>(prefix); }
  [[nodiscard]] constexpr std::ptrdiff_t data_end() const { return static_cast<std::ptrdiff_t>(size); }
  [[nodiscard]] constexpr std::ptrdiff_t end() const {
    return data_end() + static_cast<std::ptrdiff_t>(tail(serial.has_value()));
  }
  [[nodiscard]] constexpr std::size_t total() const { return prefix + size + tail(serial.has_value()); }

  /// What the byte at an offset must hold; `offset` is that of a guard, or of the data of a dead block.
  [[nodiscard]] constexpr std::byte expected(std::ptrdiff_t offset) const {
    if (offset < letter_offset) return big_endian_byte(size, offset - begin());
    if (offset == letter_offset) return letter(domain, dead);
    const std::ptrdiff_t serial_begin = data_end() + static_cast<std::ptrdiff_t>(word);
    if (serial && offset >= serial_begin) return big_endian_byte(*serial, offset - serial_begin);
    return dead ? dead_byte : guard_byte;
  }

 private:
  [[nodiscard]] static constexpr std::byte big_endian_byte(std::size_t number, std::ptrdiff_t index) {
    const std::size_t shift = (word - 1 - static_cast<std::size_t>(index)) * 8;
    return static_cast<std::byte>(number >> shift);
  }
};

/// Reads a byte that may be a free block's, or nobody's that we know: readable, perhaps poisoned.
[[nodiscard]] inline std::byte byte_at(const std::byte* data, std::ptrdiff_t offset) {
  return peek(data[offset]);
}

/// Reads a big-endian number.
[[nodiscard]] inline std::size_t number_at(const std::byte* data, std::ptrdiff_t offset) {
  std::size_t number = 0;
  for (std::size_t i = 0; i < BlockShape::word; ++i) {
    number = number << 8U | static_cast<std::size_t>(byte_at(data, offset + static_cast<std::ptrdiff_t>(i)));
  }
  return number;
}

/// Writes all guards of the block whose data begins at `data`.
inline void write_guards(std::byte* data, const BlockShape& shape) {
  for (std::ptrdiff_t i = shape.begin(); i < 0; ++i) data[i] = shape.expected(i);
  for (std::ptrdiff_t i = shape.data_end(); i < shape.end(); ++i) data[i] = shape.expected(i);
}

/// The offset of the byte before the data that does not hold what it must; the nearest to the data, where a
/// loop that ran too far began.
[[nodiscard]] inline std::optional<std::ptrdiff_t> changed_before(const std::byte* data,
                                                                  const BlockShape& shape) {
  for (std::ptrdiff_t i = -1; i >= shape.begin(); --i) {
    if (byte_at(data, i) != shape.expected(i)) return i;
  }
  return std::nullopt;
}

/// The first in [from, to), a range of guards or of a dead block's bytes, that does not hold what it must.
[[nodiscard]] inline std::optional<std::ptrdiff_t> changed_in(const std::byte* data, const BlockShape& shape,
                                                              std::ptrdiff_t from, std::ptrdiff_t to) {
  for (std::ptrdiff_t i = from; i < to; ++i) {
    if (byte_at(data, i) != shape.expected(i)) return i;
  }
  return std::nullopt;
}

}  // namespace pymalloc
