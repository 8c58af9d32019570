// Report: https://github.com/mjansson/rpmalloc/issues/20
// Allocator: rpmalloc 1.1
// Fault: An aligned block goes to the free list by its own address, not by that of the memory around it.
// Breaks: usable, blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, shadow.usable-size
#include "reported/base/cut_to_align.hpp"

#include "reported/base/family.hpp"

struct Heap : CutToAlign<Heap> {
  static void give(void* block) { Base::give(block); }
  static std::size_t usable(const void* block) { return Base::usable(start(block)) - distance(block); }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
