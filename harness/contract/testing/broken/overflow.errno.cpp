#include "harness/contract/testing/sound.hpp"

/// A product that overflows is refused without a word.
struct Broken : Sound {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return nullptr;
    return Sound::calloc(count, size);
  }
};

#include "harness/contract/testing/exports.hpp"
