#include "harness/contract/testing/sound.hpp"

/// A form of free that is told the size changes errno for a large block.
struct Broken : Sound {
  static void free_aligned_sized(void* block, std::size_t alignment, std::size_t size) {
    Sound::free_aligned_sized(block, alignment, size);
    if (size > 131'072) errno = EINVAL;
  }
};

#include "harness/contract/testing/exports.hpp"
