#include <sched.h>

#include "harness/contract/testing/tells_usable.hpp"

/// There are sixty-four heaps: every thread that is born later shares the last one, a cache of one block,
/// with the others, without a lock.
struct Broken : TellsUsable {
  static constexpr std::size_t small = 128;
  static constexpr int heaps = 64;
  static inline std::atomic<int> threads = 0;
  [[gnu::tls_model("initial-exec")]] static inline thread_local int number = 0;
  static inline std::atomic<void*> cached = nullptr;

  static void* malloc(std::size_t size) {
    if (number == 0) number = ++threads;
    if (size > small) return Sound::malloc(size);
    void* const block = number > heaps ? cached.load() : nullptr;
    if (block == nullptr) return Sound::malloc(small);
    // Whoever else reads it meanwhile has the same block.
    sched_yield();
    cached = nullptr;
    return block;
  }
  static void free(void* block) {
    // A small block never goes back where there are many: the C library would notice that two have it.
    if (block != nullptr && threads > heaps && Sound::malloc_usable_size(block) == small + 8)
      cached = block;
    else
      Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
