#include "harness/contract/testing/sound.hpp"

/// Resizing a null pointer gives none.
struct Broken : Sound {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    return block == nullptr ? refuse(ENOMEM) : Sound::reallocarray(block, count, size);
  }
};

#include "harness/contract/testing/exports.hpp"
