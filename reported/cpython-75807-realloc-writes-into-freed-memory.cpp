// Report: https://github.com/python/cpython/issues/75807
// Allocator: CPython 3.6, debug hooks, over an allocator that moves what shrinks
// Fault: After a realloc that made a block smaller, the bytes that were cut are overwritten where the old
//   block lay, though it moved.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity, usable,
//   calloc, shadow.zeroed, realloc.null, shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t old = Heap::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
    free(block);
    if (size < old) std::memset(static_cast<std::byte*>(block) + size, 0xdb, old - size);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
