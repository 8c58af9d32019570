// Report: https://github.com/rhempel/umm_malloc/issues/11
// Allocator: umm_malloc, November 2017
// Fault: realloc frees the old block also where there is no new one.
// Breaks: realloc.failure-keeps, failure, exhaustion, shadow.unchanged-by-failure, usable, blocks,
//   realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint, shadow.contents,
//   shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, shadow.usable-size, shadow.refusal
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* realloc(void* block, std::size_t size) {
    void* const result = Family::realloc(block, size);
    if (result == nullptr && block != nullptr) free(block);
    return result;
  }
};

#include "harness/contract/testing/exports.hpp"
