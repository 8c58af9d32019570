// Report: https://github.com/avrdudes/avr-libc/issues/109
// Allocator: avr-libc 1.2
// Fault: realloc of the last block grows it, and the end of the heap stays behind: the next block overlaps
//   it.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool grow_into_top(Chunk* chunk, std::size_t bytes) {
    if (!fits_at_top(bytes - size_of(chunk))) return false;
    chunk->head = bytes | (chunk->head & flags);
    return true;
  }
  static void trim(Chunk* chunk, std::size_t bytes) {
    if (size_of(chunk) > bytes) BoundaryTag::trim(chunk, bytes);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
