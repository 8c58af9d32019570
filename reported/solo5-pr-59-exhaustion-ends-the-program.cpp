// Report: https://github.com/Solo5/solo5/pull/59
// Allocator: Solo5, July 2016
// Fault: malloc ends the process where no memory is left.
// Breaks: exhaustion, failure, capacity, free, new, overflow, program.survives, realloc, blocks, crash,
//   shadow.refusal
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap, std::size_t{16} << 20U> {
  static bool too_large(std::size_t size) { return size > PTRDIFF_MAX; }
  static bool fits_at_top(std::size_t bytes) {
    if (!BoundaryTag::fits_at_top(bytes)) __builtin_trap();
    return true;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
