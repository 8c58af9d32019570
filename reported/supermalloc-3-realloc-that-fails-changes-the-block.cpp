// Report: https://github.com/kuszmaul/SuperMalloc/issues/3
// Allocator: SuperMalloc, September 2014
// Fault: realloc that cannot get the memory does not leave the block as it was.
// Breaks: realloc.failure-keeps, failure, exhaustion, shadow.unchanged-by-failure, blocks, realloc.keeps,
//   threads, usable.writable, program.survives, shadow.disjoint, shadow.contents, shadow.kept,
//   shadow.handed-over, shadow.owned-memory, crash, hang, shadow.refusal
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void* realloc(void* block, std::size_t size) {
    void* const result = Family::realloc(block, size);
    if (result == nullptr && block != nullptr) std::memset(block, 0, 1);
    return result;
  }
};

#include "harness/contract/testing/exports.hpp"
