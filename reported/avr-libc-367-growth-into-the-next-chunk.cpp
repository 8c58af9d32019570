// Report: https://github.com/avrdudes/avr-libc/issues/367
// Allocator: avr-libc 1.6.4
// Fault: realloc that grows into a free chunk which it takes as a whole leaves a chunk of a negative size in
//   the list.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity,
//   realloc.null
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool grow(Chunk* chunk, std::size_t bytes) {
    Chunk* const next = after(chunk);
    const bool joins = next != top && !is_used(next) && size_of(chunk) + size_of(next) >= bytes;
    if (!joins) return BoundaryTag::grow(chunk, bytes);
    const std::size_t rest = size_of(chunk) + size_of(next) - bytes;
    if (rest >= least) return BoundaryTag::grow(chunk, bytes);
    // Nothing is left of it, yet it stays in the list, its size taken from the far side.
    mark(chunk, size_of(chunk) + size_of(next), true);
    next->head = rest - least;
    return true;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
