// Report: https://github.com/avrdudes/avr-libc/issues/103
// Allocator: avr-libc 1.2
// Fault: realloc that cuts a block writes a link into the first two bytes of the block itself.
// Breaks: realloc.keeps, shadow.kept, shadow.contents
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool resize(void* block, std::size_t size) {
    const std::size_t old = size_of(chunk_of(block));
    const bool stays = BoundaryTag::resize(block, size);
    if (stays && old >= size_of(chunk_of(block)) + least) *static_cast<std::uint16_t*>(block) = 0;
    return stays;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
