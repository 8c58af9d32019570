// Report: https://github.com/avrdudes/avr-libc/issues/660
// Allocator: avr-libc 2.0
// Fault: realloc cuts a block to less than a free chunk takes; when that is freed, its links lie in the next
//   block.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, capacity
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static constexpr std::size_t tiny = 8;  // bytes that a chunk of one unit holds
  static bool resize(void* block, std::size_t size) {
    Chunk* const chunk = chunk_of(block);
    const std::size_t whole = size_of(chunk);
    if (size > tiny || whole < unit + least) return BoundaryTag::resize(block, size);
    Chunk* const rest = at(chunk, unit);
    rest->head = 0;
    mark(rest, whole - unit, true);
    mark(chunk, unit, true);
    release(rest);
    return true;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
