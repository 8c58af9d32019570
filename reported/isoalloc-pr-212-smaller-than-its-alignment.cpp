// Report: https://github.com/struct/isoalloc/pull/212
// Allocator: isoalloc 1.2
// Fault: posix_memalign of fewer bytes than the alignment gives a block that is aligned for its size alone.
// Breaks: alignment, shadow.alignment
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (!power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
    void* const block = memalign(size < alignment ? least_alignment : alignment, size);
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
  }
};

#include "harness/contract/testing/exports.hpp"
