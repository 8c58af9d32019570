// Report: https://github.com/GrapheneOS/hardened_malloc/pull/361
// Allocator: hardened_malloc, July 2026
// Fault: Where the new handler throws an exception of a type derived from std::bad_alloc, operator new
//   throws a plain std::bad_alloc.
// Breaks: new.handler-throws
#include "reported/base/libc_heap.hpp"

struct Broken : Family<Broken, LibcHeap> {
  static void* op_new(std::size_t size, std::size_t alignment) {
    try {
      return Family::op_new(size, alignment);
    } catch (const std::bad_alloc&) {
      throw std::bad_alloc();
    }
  }
};

#include "harness/contract/testing/exports.hpp"
