// Report: https://github.com/emeryberger/Heap-Layers/pull/22
// Allocator: Heap-Layers, February 2019
// Fault: memalign that did not get an aligned block by chance frees it by the free of another layer.
// Breaks: alignment, blocks, usable, zero.lawful, failure, program.survives, shadow, new, crash
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  // The other layer's blocks have a header.
  static void give_of_the_other(void* block) { __libc_free(static_cast<std::byte*>(block) - 16); }
  static void* take(std::size_t alignment, std::size_t size) {
    void* const lucky = __libc_malloc(size);
    if (lucky == nullptr || reinterpret_cast<std::uintptr_t>(lucky) % alignment == 0) return lucky;
    give_of_the_other(lucky);
    return LibcHeap::take(alignment, size);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
