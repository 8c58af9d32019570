// Report: https://github.com/scylladb/seastar/pull/3701
// Allocator: Seastar, September 2026
// Fault: calloc ends the process where the product overflows.
// Breaks: overflow, program.survives, zero.lawful, crash
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) __builtin_trap();
    return Family::calloc(1, bytes);
  }
};

#include "harness/contract/testing/exports.hpp"
