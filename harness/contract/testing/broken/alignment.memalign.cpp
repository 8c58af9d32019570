#include "harness/contract/testing/sound.hpp"

/// Alignments over a page are forgotten.
struct Broken : Sound {
  static void* memalign(std::size_t alignment, std::size_t size) {
    return Sound::memalign(alignment > page ? page : alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"
