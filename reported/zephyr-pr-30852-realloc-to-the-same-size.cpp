// Report: https://github.com/zephyrproject-rtos/zephyr/pull/30852
// Allocator: Zephyr 2.4
// Fault: realloc to as many units as before, where the next chunk is free, splits that one at nothing, which
//   corrupts the list.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity, usable,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool resize(void* block, std::size_t size) {
    Chunk* const chunk = chunk_of(block);
    Chunk* const next = after(chunk);
    const bool same = !too_large(size) && need(size) == size_of(chunk);
    if (!same || next == top || is_used(next)) return BoundaryTag::resize(block, size);
    remove(next);
    mark(next, size_of(next), false);
    insert(next);
    // What was split off has no bytes, and the place of the rest.
    insert(next);
    return true;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
