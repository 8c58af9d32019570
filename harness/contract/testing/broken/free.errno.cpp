#include "harness/contract/testing/sound.hpp"

/// free of a large block changes errno.
struct Broken : Sound {
  static void free(void* block) {
    const std::size_t size = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    Sound::free(block);
    if (size > 4096) errno = EINVAL;
  }
};

#include "harness/contract/testing/exports.hpp"
