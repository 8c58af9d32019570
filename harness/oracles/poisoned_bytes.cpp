#include "harness/oracles/poisoned_bytes.hpp"

#include <algorithm>

#include "allocator/poison.hpp"

namespace poolhammer {

#ifdef PYMALLOC_ADDRESS_SANITIZER

namespace {

/// Where AddressSanitizer keeps what may be touched: a byte for each granule of memory.
struct ShadowMapping {
  std::size_t scale = 0;  ///< a granule has 2^scale bytes
  std::size_t offset = 0;

  ShadowMapping() { __asan_get_shadow_mapping(&scale, &offset); }
};

/// How many bytes of a granule may be touched, from its first on.
[[nodiscard]] std::uintptr_t open_bytes(std::int8_t shadow, std::uintptr_t granule) {
  if (shadow == 0) return granule;
  return shadow > 0 ? static_cast<std::uintptr_t>(shadow) : 0;
}

constexpr std::size_t word_size = sizeof(std::uint64_t);

/// Whether no byte of a word's granules may be touched: the shadow of each is negative.
[[nodiscard]] PYMALLOC_UNCHECKED bool all_poisoned(const std::int8_t* shadow) {
  constexpr std::uint64_t signs = 0x8080'8080'8080'8080;
  std::uint64_t granules = 0;
  __builtin_memcpy(&granules, shadow, word_size);
  return (granules & signs) == signs;
}

}  // namespace

bool poison_is_visible() {
  return true;
}

std::optional<std::uintptr_t> first_poisoned(std::uintptr_t begin, std::size_t size) {
  const std::uintptr_t end = begin + size;
  // Of a range that begins within a granule, the sanitizer does not look at the rest of it.
  for (; begin % 8 != 0 && begin < end; ++begin) {
    if (__asan_address_is_poisoned(reinterpret_cast<const void*>(begin)) != 0) return begin;
  }
  const void* const found = __asan_region_is_poisoned(reinterpret_cast<void*>(begin), end - begin);
  if (found == nullptr) return std::nullopt;
  return reinterpret_cast<std::uintptr_t>(found);
}

PYMALLOC_UNCHECKED std::optional<std::uintptr_t> first_open(std::uintptr_t begin, std::size_t size) {
  if (size == 0) return std::nullopt;
  static const ShadowMapping mapping;
  const std::uintptr_t granule = std::uintptr_t{1} << mapping.scale;
  const std::uintptr_t end = begin + size;
  std::uintptr_t start = begin & ~(granule - 1);  // of the granule that is looked at
  while (start < end) {
    const auto* const shadow =
        reinterpret_cast<const std::int8_t*>((start >> mapping.scale) + mapping.offset);
    if (end - start >= word_size * granule && all_poisoned(shadow)) {
      start += word_size * granule;
      continue;
    }
    // What may be touched of a granule is its front.
    const std::uintptr_t first = std::max(start, begin);
    if (first < start + open_bytes(*shadow, granule)) return first;
    start += granule;
  }
  return std::nullopt;
}

#else

bool poison_is_visible() {
  return false;
}

std::optional<std::uintptr_t> first_poisoned(std::uintptr_t /*begin*/, std::size_t /*size*/) {
  return std::nullopt;
}

std::optional<std::uintptr_t> first_open(std::uintptr_t /*begin*/, std::size_t /*size*/) {
  return std::nullopt;
}

#endif

}  // namespace poolhammer
