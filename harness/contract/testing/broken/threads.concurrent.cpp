#include <sched.h>

#include "harness/contract/testing/sound.hpp"

/// A cache of one block is passed between threads without a lock.
struct Broken : Sound {
  static constexpr std::size_t small = 128;
  static inline std::atomic<void*> cached = nullptr;
  static void* malloc(std::size_t size) {
    if (size > small) return Sound::malloc(size);
    void* const block = cached;
    if (block == nullptr) return Sound::malloc(small);
    // Whoever else reads it meanwhile has the same block.
    sched_yield();
    cached = nullptr;
    return block;
  }
  static void free(void* block) {
    // A small block never goes back: the C library would notice that two have it.
    if (block != nullptr && Sound::malloc_usable_size(block) == small + 8)
      cached = block;
    else
      Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
