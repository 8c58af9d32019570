// Report: https://github.com/purpleprotocol/mimalloc_rust/issues/87
// Allocator: mimalloc, as of mimalloc_rust 0.1.32
// Fault: A block of 4096 bytes that should be aligned to 4096 is not.
// Breaks: alignment, shadow.alignment
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    return LibcHeap::take(size == 4096 && alignment == 4096 ? 16 : alignment, size);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
