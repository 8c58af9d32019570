#include "harness/contract/testing/sound.hpp"

/// Resizing a null pointer gives no small block.
struct Broken : Sound {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    const bool small = count == 1 && size > 600 && size < 3000;
    return block == nullptr && small ? refuse(ENOMEM) : Sound::reallocarray(block, count, size);
  }
};

#include "harness/contract/testing/exports.hpp"
