#include "harness/contract/testing/sound.hpp"

/// The usable size of a small block is told with 8 bytes of its neighbour.
struct Broken : Sound {
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    return size > 100 && size < 1000 ? size + 16 : size;
  }
};

#include "harness/contract/testing/exports.hpp"
