// Report: https://github.com/RT-Thread/rt-thread/pull/1321
// Allocator: RT-Thread 3.0, memheap
// Fault: realloc that moves a block does not free the old one.
// Breaks: capacity, free.available, memory
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    if (Locked<Heap>::resize(block, size == 0 ? 1 : size)) return block;
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t old = Heap::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
