#include "harness/oracles/pattern.hpp"

#include <algorithm>
#include <bit>

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

/// Calls visit(part, its offset) for each part of a block that is touched, until it gives something, which is
/// then the result. Every part but the last has whole words.
template <class Byte, class Visit>
std::optional<std::size_t> first_of_parts(std::span<Byte> bytes, Visit&& visit) {
  constexpr std::size_t page = 4096;
  constexpr std::size_t end_part = std::size_t{64} << 10U;
  const std::size_t size = bytes.size();
  if (size <= wholly_touched) return visit(bytes, std::size_t{0});
  if (const auto found = visit(bytes.first(end_part), std::size_t{0})) return found;
  const std::size_t last = (size - end_part) / 8 * 8;
  const std::size_t stride = std::bit_floor(size) / 4;
  for (std::size_t place = stride; place + page <= last; place += stride) {
    const std::size_t begin = place - page;
    if (const auto found = visit(bytes.subspan(begin, 2 * page), begin)) return found;
  }
  return visit(bytes.subspan(last), last);
}

[[nodiscard]] std::optional<std::size_t> damage_in(std::span<const std::byte> part, std::size_t begin,
                                                   std::uint64_t pattern) {
  demand_access(part);
  if (!is_damaged(part.data(), part.size(), pattern_word(pattern, begin / 8))) return std::nullopt;
  std::size_t offset = 0;
  while (part[offset] == pattern_byte(pattern, begin + offset)) ++offset;
  return begin + offset;
}

[[nodiscard]] std::optional<std::size_t> nonzero_in(std::span<const std::byte> part, std::size_t begin) {
  demand_access(part);
  const std::size_t words = leading_zero_words(part.data(), part.size() / 8);
  for (std::size_t i = 8 * words; i < part.size(); ++i) {
    if (part[i] != std::byte{0}) return begin + i;
  }
  return std::nullopt;
}

}  // namespace

void write_pattern(std::span<std::byte> bytes, std::uint64_t pattern) {
  first_of_parts(bytes, [pattern](std::span<std::byte> part, std::size_t begin) {
    demand_access(part);
    write(part.data(), part.size(), pattern_word(pattern, begin / 8));
    return std::optional<std::size_t>();
  });
}

std::optional<std::size_t> find_damage(std::span<const std::byte> bytes, std::uint64_t pattern) {
  return first_of_parts(bytes, [pattern](std::span<const std::byte> part, std::size_t begin) {
    return damage_in(part, begin, pattern);
  });
}

std::optional<std::size_t> find_nonzero(std::span<const std::byte> bytes) {
  return first_of_parts(bytes, nonzero_in);
}

}  // namespace poolhammer
