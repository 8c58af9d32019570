// Report: https://github.com/jemalloc/jemalloc/pull/2620
// Allocator: jemalloc 5.3.0
// Fault: realloc of a live block that is refused leaves errno as it was.
// Breaks: failure.errno, failure.errno-gnu, exhaustion.errno
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* realloc(void* block, std::size_t size) {
    const int error = errno;
    void* const result = Family::realloc(block, size);
    if (result == nullptr && block != nullptr) errno = error;
    return result;
  }
};

#include "harness/contract/testing/exports.hpp"
