// Report: https://github.com/yanet-platform/yanet2/issues/1741
// Allocator: YANET, August 2026
// Fault: Freed chunks are never joined.
// Breaks: capacity, free.available
// Declares: --coalesces
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
