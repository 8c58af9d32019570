// Report: https://github.com/emeryberger/Hoard/issues/14
// Allocator: Hoard, July 2013
// Fault: A block of 314956304 bytes or more ends the process by an assertion.
// Breaks: failure, usable, blocks, program.survives, overflow, new.fails, exhaustion, crash,
//   shadow.usable-size, shadow.refusal
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    if (size >= 314'956'304) __builtin_trap();
    return LibcHeap::take(alignment, size);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
