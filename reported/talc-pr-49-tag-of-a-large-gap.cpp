// Report: https://github.com/SFBdragon/talc/pull/49
// Allocator: talc 5.0.3
// Fault: The tag of what lies before a freed chunk is read from the highest byte of its size: a free one of
//   16 to 32 MiB is taken for one in use, and a flag is written into its size.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap, std::size_t{64} << 20U> {
  static void release(Chunk* chunk) {
    constexpr std::size_t misread = std::size_t{1} << 24U;
    constexpr std::size_t flag = std::size_t{1} << 25U;
    if (is_before_used(chunk) || (chunk->before & misread) == 0) return BoundaryTag::release(chunk);
    Chunk* const gap_before = before(chunk);
    gap_before->head ^= flag;
    chunk->before ^= flag;
    if (after(chunk) != top && !is_used(after(chunk))) join_after(chunk);
    if (after(chunk) == top) return give_top(chunk);
    const std::size_t size = size_of(chunk);
    mark(chunk, size, false);
    insert(chunk);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
