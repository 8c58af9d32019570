#include "harness/contract/testing/sound.hpp"

/// The usable size of a large block is told without its last page.
struct Broken : Sound {
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    return size > 200'000 ? size - page : size;
  }
};

#include "harness/contract/testing/exports.hpp"
