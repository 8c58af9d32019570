// Report: https://github.com/mjansson/rpmalloc/issues/64
// Allocator: rpmalloc 1.3
// Fault: The usable size of an aligned block is that of the memory around it, also where the block begins
//   further on.
// Breaks: usable, realloc, blocks, realloc.keeps, threads, usable.writable, program.survives,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang,
//   shadow.usable-size
#include "reported/base/cut_to_align.hpp"

#include "reported/base/family.hpp"

struct Heap : CutToAlign<Heap> {
  static void give(void* block) { Base::give(start(block)); }
  static std::size_t usable(const void* block) { return Base::usable(start(block)); }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
