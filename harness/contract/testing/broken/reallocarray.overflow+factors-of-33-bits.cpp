#include "harness/contract/testing/sound.hpp"

/// A product is looked at only where a factor has more than 33 bits: 2^32 times 2^32 is taken for nothing.
struct Broken : Sound {
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    if (count == 1UL << 32U && size == count) return Sound::realloc(block, 64);
    return Sound::reallocarray(block, count, size);
  }
};

#include "harness/contract/testing/exports.hpp"
