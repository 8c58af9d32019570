// Report: https://github.com/GrapheneOS/hardened_malloc/pull/313
// Allocator: hardened_malloc, April 2026
// Fault: operator delete with size and alignment demands the class of the size alone, and ends the process
//   where the block has that of the alignment.
// Breaks: delete.forms, new, alignment, free, program.survives, blocks, realloc.keeps, threads,
//   usable.writable, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory,
//   crash, hang
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void op_delete_sized(void* block, std::size_t size) {
    if (block != nullptr && size != 0) {
      const std::size_t slot = Heap::span_of(block)->slot;
      const std::size_t expected = Heap::class_for(Heap::unit, size) * Heap::unit;
      if (slot != expected) __builtin_trap();
    }
    free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
