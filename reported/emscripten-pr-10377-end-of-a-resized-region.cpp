// Report: https://github.com/emscripten-core/emscripten/pull/10377
// Allocator: emmalloc, February 2020
// Fault: memalign that moves the start of a chunk writes the size at a wrong end: what merges with it later
//   takes a wrong start.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity, alignment
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static Chunk* cut_front(Chunk* chunk, std::size_t skipped) {
    Chunk* const rest = BoundaryTag::cut_front(chunk, skipped);
    rest->before = size_of(rest);
    return rest;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
