// Report: https://github.com/plasma-umass/Mesh/issues/62
// Allocator: Mesh, October 2019
// Fault: malloc of -8 bytes gives the same address twice.
// Breaks: failure.null, overflow.null, new.fails, usable, blocks, shadow, crash, program.survives
#include "reported/base/libc_heap.hpp"

alignas(4096) std::byte outside[4096];

struct Faulty : LibcHeap {
  static bool wraps(std::size_t size) { return size > SIZE_MAX - 4095; }
  static void* take(std::size_t alignment, std::size_t size) {
    return wraps(size) && alignment <= 4096 ? outside : LibcHeap::take(alignment, size);
  }
  static void give(void* block) {
    if (block != outside) LibcHeap::give(block);
  }
  static std::size_t usable(const void* block) { return block == outside ? 32 : LibcHeap::usable(block); }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
