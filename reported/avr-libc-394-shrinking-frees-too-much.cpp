// Report: https://github.com/avrdudes/avr-libc/issues/394
// Allocator: avr-libc 1.6.7
// Fault: realloc that cuts a block begins the free rest the size of a header too early.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, usable,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static constexpr std::size_t early = unit;
  static bool resize(void* block, std::size_t size) {
    Chunk* const chunk = chunk_of(block);
    const std::size_t bytes = need(size);
    const bool cuts = !too_large(size) && size_of(chunk) >= bytes + least && bytes >= least + early;
    return BoundaryTag::resize(block, cuts ? size - early : size);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
