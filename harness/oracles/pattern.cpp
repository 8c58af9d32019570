#include "harness/oracles/pattern.hpp"

#include "allocator/poison.hpp"

namespace poolhammer {
namespace {

// Contents are most of what the shadow heap touches. Under AddressSanitizer one question about the whole
// block takes the place of one about every word; where its answer is no, touching the guilty byte makes the
// report.

void demand_access([[maybe_unused]] std::span<const std::byte> bytes) {
#ifdef PYMALLOC_ADDRESS_SANITIZER
  if (bytes.empty()) return;
  void* const start = const_cast<std::byte*>(bytes.data());
  const void* const forbidden = __asan_region_is_poisoned(start, bytes.size());
  if (forbidden == nullptr) return;
  static_cast<void>(*static_cast<const volatile std::byte*>(forbidden));
#endif
}

// The loops below take plain pointers: what they call would be checked again.

/// How many whole words are zero, from the first on.
[[nodiscard]] PYMALLOC_UNCHECKED std::size_t leading_zero_words(const std::byte* bytes, std::size_t words) {
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bytes + 8 * i, 8);
    if (word != 0) return i;
  }
  return words;
}

[[nodiscard]] PYMALLOC_UNCHECKED bool is_damaged(const std::byte* bytes, std::size_t size,
                                                 std::uint64_t expected) {
  const std::size_t words = size / 8;
  std::uint64_t difference = 0;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, bytes + 8 * i, 8);
    difference |= word ^ expected;
    static_cast<void>(__builtin_add_overflow(expected, pattern_step, &expected));
  }
  for (std::size_t i = 8 * words; i < size; ++i, expected >>= 8U)
    difference |= static_cast<std::uint64_t>(bytes[i]) ^ (expected & 0xFFU);
  return difference != 0;
}

PYMALLOC_UNCHECKED void write(std::byte* bytes, std::size_t size, std::uint64_t word) {
  const std::size_t words = size / 8;
  for (std::size_t i = 0; i < words; ++i) {
    __builtin_memcpy(bytes + 8 * i, &word, 8);
    static_cast<void>(__builtin_add_overflow(word, pattern_step, &word));
  }
  for (std::size_t i = 8 * words; i < size; ++i, word >>= 8U) bytes[i] = static_cast<std::byte>(word);
}

}  // namespace

void write_pattern(std::span<std::byte> bytes, std::uint64_t pattern) {
  demand_access(bytes);
  write(bytes.data(), bytes.size(), pattern);
}

std::optional<std::size_t> find_damage(std::span<const std::byte> bytes, std::uint64_t pattern) {
  demand_access(bytes);
  if (!is_damaged(bytes.data(), bytes.size(), pattern)) return std::nullopt;
  std::size_t offset = 0;
  while (bytes[offset] == pattern_byte(pattern, offset)) ++offset;
  return offset;
}

std::optional<std::size_t> find_nonzero(std::span<const std::byte> bytes) {
  demand_access(bytes);
  const std::size_t words = leading_zero_words(bytes.data(), bytes.size() / 8);
  for (std::size_t i = 8 * words; i < bytes.size(); ++i) {
    if (bytes[i] != std::byte{0}) return i;
  }
  return std::nullopt;
}

}  // namespace poolhammer
