#include "harness/contract/testing/sound.hpp"

/// A block that grows to more than four times its size loses its last bytes.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    void* const moved = Sound::realloc(block, size);
    if (moved == nullptr || old < 24 || size / 4 < old || size > 500'000) return moved;
    // Among these is the last byte that was asked for.
    std::memset(static_cast<unsigned char*>(moved) + old - 16, 0xee, 16);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
