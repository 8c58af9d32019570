#include <sched.h>

#include "harness/contract/testing/sound.hpp"

/// A cache of one block is passed between threads without a lock.
struct Broken : Sound {
  static inline std::atomic<void*> cached = nullptr;
  static void* malloc(std::size_t size) {
    if (size > 128) return Sound::malloc(size);
    void* const block = cached;
    if (block == nullptr) return Sound::malloc(128);
    // Whoever else read it here has the same block.
    for (int turn = 0; turn < 100; ++turn) sched_yield();
    cached = nullptr;
    return block;
  }
  static void free(void* block) {
    if (block != nullptr && cached == nullptr && Sound::malloc_usable_size(block) == 136)
      cached = block;
    else
      Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
