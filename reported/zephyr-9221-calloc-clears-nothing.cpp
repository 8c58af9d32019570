// Report: https://github.com/zephyrproject-rtos/zephyr/issues/9221
// Allocator: Zephyr 1.12, minimal libc
// Fault: calloc clears nothing.
// Breaks: calloc.zero, shadow.zeroed
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool zero(const void*) { return true; }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
