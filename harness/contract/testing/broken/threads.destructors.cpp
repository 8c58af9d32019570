#include "harness/contract/testing/dropped_cache.hpp"

/// A thread whose cache was dropped at its end gets nothing but small blocks.
struct Broken : DroppedCache {
  static void* malloc(std::size_t size) {
    keep_cache();
    return size > 256 && is_gone ? refuse(ENOMEM) : Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
