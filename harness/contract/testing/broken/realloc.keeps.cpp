#include "harness/contract/testing/sound.hpp"

/// A block that moves loses its last byte.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    void* const moved = Sound::realloc(block, size);
    if (moved != nullptr && moved != block && old > 8 && size > old) {
      // The last byte that can have been asked for: a block of the C library holds 8 bytes of the next one's
      // head.
      for (std::size_t back = 1; back <= 16; ++back) static_cast<unsigned char*>(moved)[old - back] = 0xee;
    }
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
