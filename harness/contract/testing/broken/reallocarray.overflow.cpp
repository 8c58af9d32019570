#include "harness/contract/testing/sound.hpp"

/// A product that overflows is taken for what is left of it.
struct Broken : Sound {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (!__builtin_mul_overflow(count, size, &bytes)) return Sound::realloc(block, bytes);
    return block == nullptr ? refuse(ENOMEM) : Sound::realloc(block, bytes + 64);
  }
};

#include "harness/contract/testing/exports.hpp"
