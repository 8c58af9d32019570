// Report: https://github.com/struct/isoalloc/issues/7
// Allocator: isoalloc, March 2021
// Fault: A size that is rounded up to whole pages wraps: for the last page below SIZE_MAX a small block is
//   given.
// Breaks: failure.null, overflow.null, new.fails, blocks, usable, shadow, crash, program.survives
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static bool too_large(std::size_t alignment, std::size_t size) {
    const bool wraps = size > SIZE_MAX - (page - 1);
    return !wraps && Slabs::too_large(alignment, size);
  }
  static void* take_mapped(std::size_t alignment, std::size_t size) {
    const std::size_t rounded = (size + page - 1) / page * page;
    return rounded < size ? Slabs::take_mapped(alignment, rounded) : Slabs::take_mapped(alignment, size);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
