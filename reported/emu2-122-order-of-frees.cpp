// Report: https://github.com/dmsc/emu2/issues/122
// Allocator: emu2, January 2026
// Fault: A freed chunk is joined with the next one alone: chunks freed from the front stay apart.
// Breaks: capacity, free.available
// Declares: --coalesces
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void release(Chunk* chunk) {
    if (after(chunk) != top && !is_used(after(chunk))) join_after(chunk);
    if (after(chunk) == top) return give_top(chunk);
    mark(chunk, size_of(chunk), false);
    insert(chunk);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
