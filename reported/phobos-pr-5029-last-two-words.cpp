// Report: https://github.com/dlang/phobos/pull/5029
// Allocator: Phobos 2.072, KRRegion
// Fault: When all but a last chunk of the least size is taken, that chunk is forgotten.
// Breaks: capacity, free.available
// Declares: --coalesces
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* take_top(std::size_t alignment, std::size_t bytes) {
    void* const block = BoundaryTag::take_top(alignment, bytes);
    if (block == nullptr || fits_at_top(2 * least) || !fits_at_top(least)) return block;
    // The end of the memory comes closer by a chunk that stays in use.
    Chunk* const forgotten = top;
    top = at(forgotten, least);
    top->head = 0;
    mark(forgotten, least, true);
    return block;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
