#include "harness/contract/testing/sound.hpp"

/// posix_memalign takes a size near SIZE_MAX for a small one, when it rounds up.
struct Broken : Sound {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    return Sound::posix_memalign(result, alignment, size + page < size ? page : size);
  }
};

#include "harness/contract/testing/exports.hpp"
