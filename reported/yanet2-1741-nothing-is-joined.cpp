// Report: https://github.com/yanet-platform/yanet2/issues/1741
// Allocator: YANET, August 2026
// Fault: Freed chunks are never joined.
// Breaks: capacity, free.available
// Missed: an allocator may cut its memory to pieces and never join them: what is asked is that as many
//   blocks of one size fit again, and these do
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void release(Chunk* chunk) {
    mark(chunk, size_of(chunk), false);
    insert(chunk);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
