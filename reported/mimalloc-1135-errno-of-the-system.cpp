// Report: https://github.com/microsoft/mimalloc/issues/1135
// Allocator: mimalloc 3
// Fault: Where the system refuses the memory, errno stays as it was; sizes that can never be met set it.
// Breaks: failure.errno, failure.errno-gnu, exhaustion.errno
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* memalign(std::size_t alignment, std::size_t size) {
    const int error = errno;
    void* const block = Family::memalign(alignment, size);
    if (block == nullptr && power_of_two(alignment) && size <= PTRDIFF_MAX) errno = error;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
