// Report: https://github.com/microsoft/snmalloc/pull/791
// Allocator: snmalloc 0.7.1
// Fault: operator new gives NULL where it cannot get the memory, and calls no new handler.
// Breaks: new.fails, new.handler
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* op_new(std::size_t size, std::size_t alignment) {
    return memalign(alignment == 0 ? least_alignment : alignment, size);
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) { return op_new(size, alignment); }
};

#include "harness/contract/testing/exports.hpp"
