#include "harness/contract/testing/sound.hpp"

/// The usable size of a null pointer is told to be 8.
struct Broken : Sound {
  static std::size_t malloc_usable_size(void* block) {
    return block == nullptr ? 8 : Sound::malloc_usable_size(block);
  }
};

#include "harness/contract/testing/exports.hpp"
