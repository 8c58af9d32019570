// Report: https://github.com/bwickman97/ffmalloc/issues/1
// Allocator: ffmalloc, February 2021
// Fault: A size that is rounded up to a multiple of 16 wraps: for the last 15 bytes below SIZE_MAX a small
//   block is given.
// Breaks: failure.null, overflow.null, new.fails, blocks, usable, shadow, crash, program.survives
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    return LibcHeap::take(alignment, (size + 15) / 16 * 16);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
