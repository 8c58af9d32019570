#include "harness/contract/testing/tells_usable.hpp"

/// Fills every byte of what is freed, as debugging allocators do: a block that nobody wrote into takes its
/// memory then.
struct Broken : TellsUsable {
  static void fill(void* block) {
    if (block != nullptr && usable != nullptr) std::memset(block, 0xdf, usable(block));
  }
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr || size == 0) return Sound::realloc(block, size);
    void* const moved = Sound::malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t before = malloc_usable_size(block);
    std::memcpy(moved, block, before < size ? before : size);
    free(block);
    return moved;
  }
  static void free(void* block) {
    fill(block);
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
