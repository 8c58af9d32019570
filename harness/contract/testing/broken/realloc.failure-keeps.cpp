#include "harness/contract/testing/sound.hpp"

/// Where a block cannot be resized, it is freed.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    if (size <= PTRDIFF_MAX || block == nullptr) return Sound::realloc(block, size);
    Sound::free(block);
    return refuse(ENOMEM);
  }
};

#include "harness/contract/testing/exports.hpp"
