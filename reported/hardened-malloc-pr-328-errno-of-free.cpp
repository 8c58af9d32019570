// Report: https://github.com/GrapheneOS/hardened_malloc/pull/328
// Allocator: hardened_malloc, May 2026
// Fault: free_aligned_sized of a large block changes errno.
// Breaks: free.errno
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void free_aligned_sized(void* block, std::size_t, std::size_t size) {
    free(block);
    if (size > 131'072) errno = EINVAL;
  }
};

#include "harness/contract/testing/exports.hpp"
