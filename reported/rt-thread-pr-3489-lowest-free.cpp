// Report: https://github.com/RT-Thread/rt-thread/pull/3489
// Allocator: RT-Thread 4.0.2
// Fault: realloc that cuts a block forgets to tell that the free rest lies before all other free memory:
//   searches begin behind it.
// Breaks: capacity, free.available
// Missed: the rest is found again once a block before it is freed; a refusal amid live blocks is permitted
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static inline Chunk* lowest = nullptr;  // searches begin here
  static inline bool cutting = false;
  static void insert(Chunk* chunk) {
    BoundaryTag::insert(chunk);
    if (!cutting && (lowest == nullptr || chunk < lowest)) lowest = chunk;
  }
  static bool resize(void* block, std::size_t size) {
    cutting = true;
    const bool stays = BoundaryTag::resize(block, size);
    cutting = false;
    return stays;
  }
  static void* take_bytes(std::size_t alignment, std::size_t bytes) {
    for (Chunk* chunk = list; chunk != nullptr; chunk = chunk->next) {
      const std::size_t skipped = gap(chunk, alignment);
      if (chunk >= lowest && skipped + bytes <= size_of(chunk)) return take_free(chunk, skipped, bytes);
    }
    return take_top(alignment, bytes);
  }
  static void give_top(Chunk* chunk) {
    if (chunk < lowest) lowest = chunk;
    BoundaryTag::give_top(chunk);
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
