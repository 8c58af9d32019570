// Report: https://github.com/FreeRTOS/FreeRTOS-Kernel/pull/224
// Allocator: FreeRTOS 10.4, heap_2
// Fault: The last eight sizes wrap when the header is added, and get a small block.
// Breaks: failure.null, overflow.null, new.fails, usable, blocks, shadow, crash, program.survives
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t size) { return size < SIZE_MAX - 7 && BoundaryTag::too_large(size); }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
