// Report: https://github.com/rhempel/umm_malloc/issues/62
// Allocator: umm_malloc 1.0
// Fault: The number of units of a block is cut to 16 bits: a request of whole multiples of 64 Ki units gets
//   a small block.
// Breaks: failure, usable, overflow, new.fails, shadow, blocks, realloc.keeps, threads, usable.writable,
//   program.survives, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over,
//   shadow.owned-memory, crash, hang
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t) { return false; }
  static std::size_t need(std::size_t size) {
    const auto units = static_cast<std::uint16_t>(2 + size / unit);
    return std::size_t{units} * unit < least ? least : std::size_t{units} * unit;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
