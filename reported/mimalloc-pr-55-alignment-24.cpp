// Report: https://github.com/microsoft/mimalloc/pull/55
// Allocator: mimalloc 1.0.1
// Fault: posix_memalign takes any multiple of the size of a pointer for an alignment, powers of two or not.
// Breaks: posix_memalign.einval
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (alignment % sizeof(void*) != 0) return EINVAL;
    std::size_t power = least_alignment;
    while (power < alignment && power < std::size_t{1} << 62U) power *= 2;
    void* const block = memalign(power, size);
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
  }
};

#include "harness/contract/testing/exports.hpp"
