#include "harness/contract/testing/sound.hpp"

/// A block that grows keeps what was asked for, and not what else was usable.
struct Broken : Sound {
  // 16 bytes more than anybody asks for, which are lost when the block moves.
  static void* malloc(std::size_t size) { return Sound::malloc(size < PTRDIFF_MAX ? size + 32 : size); }
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    void* const moved = Sound::realloc(block, size);
    if (moved != nullptr && old > 16 && size > old) static_cast<unsigned char*>(moved)[old - 1] = 0xee;
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
