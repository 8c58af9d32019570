// Report: https://github.com/espressif/esp-idf/issues/11523
// Allocator: ESP-IDF 5.1, Linux target
// Fault: realloc takes the capabilities, here 4096, for the size.
// Breaks: usable, realloc, blocks, failure, shadow, program.survives, crash
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* realloc(void* block, std::size_t) { return Family::realloc(block, 4096); }
};

#include "harness/contract/testing/exports.hpp"
