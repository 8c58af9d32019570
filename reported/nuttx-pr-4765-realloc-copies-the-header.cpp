// Report: https://github.com/apache/nuttx/pull/4765
// Allocator: NuttX 10.1
// Fault: realloc that moves a block copies the size of the old chunk with its header, and may write beyond
//   the new block.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, usable,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void leave(void* block, void* moved, std::size_t) {
    std::memcpy(moved, block, Heap::size_of(Heap::chunk_of(block)) + Heap::header);
    free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
