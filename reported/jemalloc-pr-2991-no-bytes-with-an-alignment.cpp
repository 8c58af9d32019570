// Report: https://github.com/jemalloc/jemalloc/pull/2991
// Allocator: jemalloc, September 2026
// Fault: operator delete with size 0 and an alignment puts the block into the cache of the least class,
//   though it was taken from that of the alignment.
// Breaks: new.zero, delete.forms, alignment, blocks, realloc.keeps, threads, usable.writable,
//   program.survives, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over,
//   shadow.owned-memory, crash, hang
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void op_delete_sized(void* block, std::size_t size) {
    const bool aligned = block != nullptr && size == 0 && Heap::span_of(block)->slot > Heap::unit;
    if (!aligned) return free(block);
    Heap::give_slot(block, 1);
  }
};

#include "harness/contract/testing/exports.hpp"
