// Report: https://github.com/sysprog21/tlsf-bsd/issues/4
// Allocator: tlsf-bsd, March 2024, and TLSF 3.1
// Fault: A block keeps the size that was asked for and is looked for in the class of the next rounded size:
//   a freed one does not serve its own size again.
// Breaks: capacity, free.available
// Missed: a refusal amid live blocks is permitted: no standard says that the room of one freed block serves
//   the next of its size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static std::size_t rounded(std::size_t bytes) {
    if (bytes < 512) return bytes;
    std::size_t step = 16;
    while (step * 64 <= bytes) step *= 2;
    return (bytes + step - 1) / step * step;
  }
  static std::size_t floor_class(std::size_t bytes) {
    const std::size_t up = rounded(bytes);
    if (up == bytes) return bytes;
    std::size_t step = 16;
    while (step * 64 <= bytes) step *= 2;
    return bytes / step * step;
  }
  static void* take_bytes(std::size_t alignment, std::size_t bytes) {
    for (Chunk* chunk = list; chunk != nullptr; chunk = chunk->next) {
      const std::size_t skipped = gap(chunk, alignment);
      const bool in_class = floor_class(size_of(chunk)) >= rounded(bytes + skipped);
      if (in_class) return take_free(chunk, skipped, bytes);
    }
    return take_top(alignment, bytes);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
