// Report: https://github.com/sysml/mini-os/issues/5
// Allocator: Mini-OS, September 2014
// Fault: malloc never looks whether memory is left.
// Breaks: failure, exhaustion, usable, new.fails, overflow, capacity, blocks, realloc.keeps, threads,
//   usable.writable, program.survives, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over,
//   shadow.owned-memory, crash, hang, shadow.usable-size, shadow.refusal
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t size) { return size > PTRDIFF_MAX; }
  static bool fits_at_top(std::size_t) { return true; }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
