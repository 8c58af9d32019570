#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define PYMALLOC_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PYMALLOC_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef PYMALLOC_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#define PYMALLOC_UNCHECKED __attribute__((no_sanitize("address", "undefined")))
#else
#define PYMALLOC_UNCHECKED
#endif

namespace pymalloc {

/// Whether poison() does anything in this build.
#ifdef PYMALLOC_ADDRESS_SANITIZER
inline constexpr bool poisons = true;
#else
inline constexpr bool poisons = false;
#endif

/// Forbids clients [start, start + size) under AddressSanitizer; nothing otherwise.
/// Its shadow has granules of 8 bytes: `start` and `size` must be multiples of 8.
inline void poison([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t size) {
#ifdef PYMALLOC_ADDRESS_SANITIZER
  __asan_poison_memory_region(start, size);
#endif
}

/// Allows clients exactly [start, start + size); `start` must be a multiple of 8.
inline void unpoison([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t size) {
#ifdef PYMALLOC_ADDRESS_SANITIZER
  __asan_unpoison_memory_region(start, size);
#endif
}

/// Reads what only the allocator may read: pool headers and the links in free blocks are poisoned, and the
/// header that a foreign pointer would have belongs to somebody else.
template <class T>
[[nodiscard]] PYMALLOC_UNCHECKED inline T peek(const T& place) {
  return place;
}

/// Writes what only the allocator may write.
template <class T>
PYMALLOC_UNCHECKED inline void poke(T& place, T value) {
  place = value;
}

}  // namespace pymalloc
