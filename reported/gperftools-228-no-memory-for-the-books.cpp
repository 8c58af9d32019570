// Report: https://github.com/gperftools/gperftools/issues/228
// Allocator: gperftools 1.3
// Fault: Where the memory for small blocks is exhausted, the allocator has none for its own records, and
//   ends the process.
// Breaks: exhaustion, failure, program.survives, new, fork, crash, shadow.refusal
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void* take_slot(std::size_t index) {
    void* const block = Slabs::take_slot(index);
    if (block == nullptr) __builtin_trap();
    return block;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
