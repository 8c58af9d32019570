// Report: https://github.com/rust-lang/rust/issues/32993
// Allocator: alloc_system of Rust 1.8
// Fault: realloc of a block with an alignment above 16 copies into the new block without a look at whether
//   there is one.
// Breaks: realloc.failure-keeps, failure, exhaustion, usable, program.survives, crash, shadow.usable-size,
//   shadow.refusal
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {};

struct Broken : Family<Broken, Heap> {
  static void* realloc(void* block, std::size_t size) {
    // What a block was aligned to is not kept: an address says it as well.
    if (block == nullptr || reinterpret_cast<std::uintptr_t>(block) % 32 != 0)
      return Family::realloc(block, size);
    void* const moved = malloc(size);
    const std::size_t old = Heap::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
    Heap::give(block);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
