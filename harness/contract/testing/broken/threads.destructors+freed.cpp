#include "harness/contract/testing/dropped_cache.hpp"

/// A block that is freed when the thread's cache was dropped goes into it all the same: it is given again and
/// again.
struct Broken : DroppedCache {
  static inline thread_local void* last_freed = nullptr;

  static void* malloc(std::size_t size) {
    keep_cache();
    if (!is_gone || last_freed == nullptr || size > 256) return Sound::malloc(size);
    return last_freed;
  }
  static void free(void* block) {
    if (is_gone) last_freed = block;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
