#include "harness/contract/testing/sound.hpp"

/// The pointer is written also where there is no block.
struct Broken : Sound {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const int status = Sound::posix_memalign(result, alignment, size);
    if (status != 0) *result = reinterpret_cast<void*>(alignment | 1U);
    return status;
  }
};

#include "harness/contract/testing/exports.hpp"
