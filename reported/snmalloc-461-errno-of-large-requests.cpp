// Report: https://github.com/microsoft/snmalloc/issues/461
// Allocator: snmalloc 0.6.0
// Fault: A request that the address space cannot hold gives NULL and leaves errno as it was.
// Breaks: failure.errno, failure.errno-gnu, exhaustion.errno
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void* memalign(std::size_t alignment, std::size_t size) {
    const int error = errno;
    void* const block = Family::memalign(alignment, size);
    if (block == nullptr && power_of_two(alignment) && size >= std::size_t{1} << 47U) errno = error;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
