#include "harness/contract/testing/sound.hpp"

/// A block of more than 2 MiB that grows or shrinks loses the last bytes that stay.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    void* const moved = Sound::realloc(block, size);
    const std::size_t kept = size < old ? size : old;
    if (moved == nullptr || kept <= std::size_t{2} << 20U) return moved;
    std::memset(static_cast<unsigned char*>(moved) + kept - page, 0, page);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
