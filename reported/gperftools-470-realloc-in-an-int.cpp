// Report: https://github.com/gperftools/gperftools/issues/470
// Allocator: gperftools 1.7
// Fault: realloc of a live block takes its size through an int, which is then widened: from 2 GiB on it is
//   wrong.
// Breaks: usable, realloc, failure, blocks, shadow, program.survives, crash
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* realloc(void* block, std::size_t size) {
    const auto narrow = static_cast<int>(size);
    return Family::realloc(
        block, block == nullptr ? size : static_cast<std::size_t>(static_cast<std::ptrdiff_t>(narrow)));
  }
};

#include "harness/contract/testing/exports.hpp"
