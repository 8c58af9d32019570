// Report: https://github.com/RT-Thread/rt-thread/pull/1321
// Allocator: RT-Thread 3.0, memheap
// Fault: realloc that moves a block does not free the old one.
// Breaks: capacity, free.available, memory
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void leave(void* block, void* moved, std::size_t size) {
    const std::size_t old = Heap::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
  }
};

#include "harness/contract/testing/exports.hpp"
