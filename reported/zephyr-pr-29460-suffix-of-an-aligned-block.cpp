// Report: https://github.com/zephyrproject-rtos/zephyr/pull/29460
// Allocator: Zephyr 2.4
// Fault: An aligned block that begins behind the start of its chunk gives back a rest that is counted from
//   that start.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, alignment, usable,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* take_free(Chunk* chunk, std::size_t skipped, std::size_t bytes) {
    if (skipped == 0 || bytes < 2 * least) return BoundaryTag::take_free(chunk, skipped, bytes);
    remove(chunk);
    chunk = cut_front(chunk, skipped);
    mark(chunk, size_of(chunk), true);
    trim(chunk, bytes - unit);
    return block_of(chunk);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
