// Report: https://github.com/cahirwpz/FreeRTOS-Amiga/pull/14
// Allocator: FreeRTOS-Amiga, May 2020
// Fault: A free chunk that is split keeps its old size: freeing what was taken of it frees what lies behind
//   it, too.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity, free,
//   delete
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* take_free(Chunk* chunk, std::size_t skipped, std::size_t bytes) {
    const std::size_t whole = size_of(chunk);
    void* const block = BoundaryTag::take_free(chunk, skipped, bytes);
    Chunk* const taken = chunk_of(block);
    taken->head = (whole - skipped) | (taken->head & flags);
    return block;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
