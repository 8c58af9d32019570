// Report: https://github.com/seL4/musllibc/issues/17
// Allocator: musl oldmalloc in seL4
// Fault: memalign takes any distance before the aligned place for a chunk of its own, also one that is too
//   small: the same address may be given twice.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, alignment, usable,
//   capacity, shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static std::size_t gap(Chunk* chunk, std::size_t alignment) {
    const auto block = reinterpret_cast<std::uintptr_t>(block_of(chunk));
    return (block + alignment - 1) / alignment * alignment - block;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
