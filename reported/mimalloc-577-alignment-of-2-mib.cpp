// Report: https://github.com/microsoft/mimalloc/issues/577
// Allocator: mimalloc 1.7.5
// Fault: An alignment above 1 MiB is refused.
// Breaks: failure, alignment, shadow.refusal
// Missed: a refusal is permitted: no standard says which alignments there must be beyond the fundamental ones
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    return alignment > std::size_t{1} << 20U ? nullptr : LibcHeap::take(alignment, size);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
