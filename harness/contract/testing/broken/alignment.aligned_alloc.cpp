#include "harness/contract/testing/sound.hpp"

/// Alignments over 64 are forgotten.
struct Broken : Sound {
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return power_of_two(alignment) && alignment > 64 ? Sound::malloc(size)
                                                     : Sound::aligned_alloc(alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"
