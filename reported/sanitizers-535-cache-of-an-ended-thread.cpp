// Report: https://github.com/google/sanitizers/issues/535
// Allocator: MemorySanitizer of LLVM 3.4
// Fault: The blocks in the cache of a thread that ends are lost.
// Breaks: threads.leave-nothing
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void end_thread(Cache*) {
    life = Life::over;
    cache = nullptr;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
