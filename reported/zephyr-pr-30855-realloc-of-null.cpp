// Report: https://github.com/zephyrproject-rtos/zephyr/pull/30855
// Allocator: Zephyr 2.4
// Fault: realloc of a null pointer takes what lies before it for a chunk.
// Breaks: realloc, program.survives, crash
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* realloc(void* block, std::size_t size) {
    if (Locked<Heap>::resize(block, size == 0 ? 1 : size)) return block;
    return Family::realloc(block, size);
  }
};

#include "harness/contract/testing/exports.hpp"
