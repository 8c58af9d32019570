// Report: https://github.com/google/sanitizers/issues/295
// Allocator: AddressSanitizer
// Fault: operator new ends the process where it cannot get the memory.
// Breaks: new, failure, overflow, program.survives, exhaustion, crash, shadow.refusal
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* op_new(std::size_t size, std::size_t alignment) {
    void* const block = memalign(alignment == 0 ? least_alignment : alignment, size);
    if (block == nullptr) __builtin_trap();
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
