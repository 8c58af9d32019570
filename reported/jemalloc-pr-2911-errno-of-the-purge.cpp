// Report: https://github.com/jemalloc/jemalloc/pull/2911
// Allocator: jemalloc, May 2026
// Fault: free changes errno where it gives pages back to the system.
// Breaks: free.errno
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void free(void* block) {
    const bool purges = block != nullptr && Heap::span_of(block)->slot == 0;
    Family::free(block);
    if (purges) errno = EINVAL;
  }
};

#include "harness/contract/testing/exports.hpp"
