// Report: https://github.com/lvgl/lvgl/pull/10385
// Allocator: TLSF in LVGL 9
// Fault: A size that is rounded up to a multiple of 8 wraps to 0 and gets the least block.
// Breaks: failure.null, overflow.null, new.fails, usable, blocks, shadow, crash, program.survives
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t size) {
    const bool wraps = (size + 7) / 8 * 8 == 0 && size != 0;
    return !wraps && BoundaryTag::too_large(size);
  }
  static std::size_t need(std::size_t size) { return BoundaryTag::need((size + 7) / 8 * 8); }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
