// Report: https://github.com/boostorg/pool/pull/42
// Allocator: Boost.Pool 1.77
// Fault: A request for n objects of a size multiplies without a look at the overflow.
// Breaks: reallocarray.overflow, overflow, realloc, usable, blocks, shadow, crash, program.survives
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    return realloc(block, count * size);
  }
};

#include "harness/contract/testing/exports.hpp"
