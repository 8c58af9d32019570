// Report: https://github.com/emeryberger/Hoard/pull/107
// Allocator: Hoard 3.13
// Fault: The small size classes go up by 16 from 8: every other object of 8, 24, 40 ... 120 bytes is aligned
//   to 8 alone.
// Breaks: alignment, shadow.alignment, capacity
#include "reported/base/shifted.hpp"

#include "reported/base/family.hpp"

struct Heap : Shifted<Heap> {
  static constexpr std::size_t odd = 120;  // the largest of these classes
  static void* take(std::size_t alignment, std::size_t size) {
    const std::size_t slot = (size + 7) / 8 * 8;
    if (slot > odd || slot % 16 == 0 || alignment > 16) return Base::take(alignment, size);
    // Two objects lie side by side in one slot of 16 bytes more.
    auto* const place = static_cast<std::byte*>(Base::take(alignment, size + 16));
    const bool second =
        place != nullptr &&
        (reinterpret_cast<std::uintptr_t>(place) - span_of(place)->first) / span_of(place)->slot % 2 == 1;
    return second ? place + 8 : place;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
