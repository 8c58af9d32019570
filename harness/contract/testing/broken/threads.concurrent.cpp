#include <sched.h>

#include "harness/contract/testing/sound.hpp"

/// Counts its thread for as long as that lives.
struct Present {
  static inline std::atomic<int> threads = 0;
  Present() { ++threads; }
  ~Present() { --threads; }
};

/// A cache of one block is passed between many threads without a lock.
struct Broken : Sound {
  static constexpr std::size_t small = 128;
  /// More than those that allocate while others fork.
  static constexpr int many = 6;
  static inline thread_local Present present;
  static inline std::atomic<void*> cached = nullptr;
  static void* malloc(std::size_t size) {
    [[maybe_unused]] const Present& here = present;
    if (size > small) return Sound::malloc(size);
    void* const block = Present::threads > many ? cached.load() : nullptr;
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
