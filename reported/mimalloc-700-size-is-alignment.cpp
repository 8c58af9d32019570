// Report: https://github.com/microsoft/mimalloc/issues/700
// Allocator: mimalloc 2.0.9
// Fault: A block of 256, 512 or 1024 bytes that should be aligned to its size is not.
// Breaks: alignment, shadow.alignment
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    const bool missed = size == alignment && size >= 256 && size <= 1024;
    return LibcHeap::take(missed ? 16 : alignment, size);
  }
};

struct Broken : Family<Broken, Faulty> {};

#include "harness/contract/testing/exports.hpp"
