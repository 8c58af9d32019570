// Report: https://github.com/avrdudes/avr-libc/issues/14
// Allocator: avr-libc, December 2002
// Fault: Whether a block fits is asked of the address of its end, which wraps for large sizes.
// Breaks: failure, usable, overflow, new.fails, exhaustion, blocks, realloc.keeps, threads, usable.writable,
//   program.survives, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over,
//   shadow.owned-memory, crash, hang, shadow.usable-size, shadow.refusal
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t) { return false; }
  static bool fits_at_top(std::size_t bytes) {
    return reinterpret_cast<std::uintptr_t>(top) + bytes <= reinterpret_cast<std::uintptr_t>(end());
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
