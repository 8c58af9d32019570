// Report: https://github.com/ned14/nedmalloc/pull/6
// Allocator: nedmalloc 1.10
// Fault: calloc multiplies without a look at the overflow.
// Breaks: overflow.null, failure.null, calloc, shadow, blocks, crash, program.survives
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* calloc(std::size_t count, std::size_t size) { return Family::calloc(1, count * size); }
};

#include "harness/contract/testing/exports.hpp"
