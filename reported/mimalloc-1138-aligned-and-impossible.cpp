// Report: https://github.com/microsoft/mimalloc/issues/1138
// Allocator: mimalloc 3.1.5
// Fault: A request of PTRDIFF_MAX bytes or more with an alignment reads through a null pointer when the
//   system has refused it.
// Breaks: failure, overflow, program.survives, new.fails, crash, shadow.refusal
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    void* const block = LibcHeap::take(alignment, size);
    if (block == nullptr && alignment > 16 && size >= PTRDIFF_MAX) __builtin_trap();
    return block;
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
