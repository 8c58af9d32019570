// Report: https://github.com/awslabs/amazon-kinesis-video-streams-pic/issues/64
// Allocator: Kinesis Video Streams PIC, June 2020
// Fault: realloc of a null pointer gives NULL.
// Breaks: realloc.null, failure.errno
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* realloc(void* block, std::size_t size) {
    return block == nullptr ? nullptr : Family::realloc(block, size);
  }
};

#include "harness/contract/testing/exports.hpp"
