#include "harness/contract/testing/sound.hpp"

/// calloc multiplies and does not look.
struct Broken : Sound {
  static void* calloc(std::size_t count, std::size_t size) {
    if (count == 1 || size == 1 || count == 0 || size == 0) return Sound::calloc(count, size);
    return Sound::calloc(1, count * size);
  }
};

#include "harness/contract/testing/exports.hpp"
