// Report: https://github.com/struct/isoalloc/pull/202
// Allocator: isoalloc 1.2
// Fault: calloc multiplies as unsigned int: its operands are cut to 32 bits.
// Breaks: overflow, calloc, usable, failure, shadow, blocks, crash, program.survives
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* calloc(std::size_t count, std::size_t size) {
    unsigned bytes = 0;
    if (__builtin_umul_overflow(static_cast<unsigned>(count), static_cast<unsigned>(size), &bytes))
      return refuse(ENOMEM);
    return Family::calloc(1, bytes);
  }
};

#include "harness/contract/testing/exports.hpp"
