// Report: https://github.com/WebAssembly/wasi-libc/pull/30
// Allocator: dlmalloc 2.8.6
// Fault: calloc gives NULL where the product overflows, and leaves errno as it was.
// Breaks: overflow.errno
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
    return Family::calloc(1, bytes);
  }
};

#include "harness/contract/testing/exports.hpp"
