// Report: https://github.com/rust-osdev/linked-list-allocator/issues/66
// Allocator: linked_list_allocator 0.10.3
// Fault: A rest too small for a free chunk goes with the block, and is lost when that is freed.
// Breaks: capacity, free.available, blocks, realloc.keeps, threads, usable.writable, program.survives,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* take_free(Chunk* chunk, std::size_t skipped, std::size_t bytes) {
    const std::size_t rest = size_of(chunk) - skipped - bytes;
    void* const block = BoundaryTag::take_free(chunk, skipped, bytes);
    if (rest != 0 && rest < least) padded(chunk_of(block));
    return block;
  }
  // The last bytes of the chunk become a chunk of one unit that is in use for ever.
  static void padded(Chunk* chunk) {
    const std::size_t whole = size_of(chunk);
    Chunk* const rest = at(chunk, whole - unit);
    rest->head = unit | used_flag | before_used_flag;
    chunk->head = (whole - unit) | (chunk->head & flags);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
