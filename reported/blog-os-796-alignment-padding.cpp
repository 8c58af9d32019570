// Report: https://github.com/phil-opp/blog_os/issues/796
// Allocator: blog_os, LinkedListAllocator, 2020
// Fault: What is skipped in front of a block for its alignment is given to nobody again. (That allocator
//   itself joins nothing, so that of it this promise cannot be asked.)
// Breaks: capacity, free.available
// Declares: --coalesces
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static Chunk* cut_front(Chunk* chunk, std::size_t skipped) {
    Chunk* const rest = BoundaryTag::cut_front(chunk, skipped);
    remove(chunk);
    mark(chunk, skipped, true);
    return rest;
  }
  static void* take_top(std::size_t alignment, std::size_t bytes) {
    const std::size_t skipped = gap(top, alignment);
    if (skipped == 0 || !fits_at_top(skipped + bytes)) return BoundaryTag::take_top(alignment, bytes);
    Chunk* const front = top;
    top = at(front, skipped);
    top->head = 0;
    mark(front, skipped, true);
    return BoundaryTag::take_top(alignment, bytes);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
