// Report: https://github.com/SerenityOS/serenity/pull/6703
// Allocator: SerenityOS LibC, April 2021
// Fault: One size class, that of 500 bytes, is no multiple of 8: its blocks may be aligned to 4 alone.
// Breaks: alignment, shadow.alignment
#include "reported/base/shifted.hpp"

#include "reported/base/family.hpp"

struct Heap : Shifted<Heap> {
  static constexpr std::size_t odd = 500;
  static void* take(std::size_t alignment, std::size_t size) {
    if (size <= 256 || size > odd || alignment > 16) return Base::take(alignment, size);
    // The slots of 528 bytes hold objects that lie 500 bytes apart, as far as that goes.
    auto* const place = static_cast<std::byte*>(Base::take(16, odd + 16));
    if (place == nullptr) return nullptr;
    const std::size_t number =
        (reinterpret_cast<std::uintptr_t>(place) - span_of(place)->first) / span_of(place)->slot;
    return place + number * odd % 16;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
