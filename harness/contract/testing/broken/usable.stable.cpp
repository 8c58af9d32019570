#include "harness/contract/testing/sound.hpp"

/// The usable size of a block grows when its neighbour goes.
struct Broken : Sound {
  static inline std::atomic<std::size_t> frees = 0;
  static void free(void* block) {
    if (block != nullptr) ++frees;
    Sound::free(block);
  }
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    // Told smaller than it is, but never below what was asked for: sizes of 24 n + 8 have room.
    return size % 16 == 8 && size > 5000 && size < 6000 && frees % 2 == 0 ? size - 1 : size;
  }
};

#include "harness/contract/testing/exports.hpp"
