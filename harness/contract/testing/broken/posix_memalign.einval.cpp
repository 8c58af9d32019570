#include "harness/contract/testing/sound.hpp"

/// An alignment of 4 is rounded up.
struct Broken : Sound {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    return Sound::posix_memalign(result, alignment == 4 ? 8 : alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"
