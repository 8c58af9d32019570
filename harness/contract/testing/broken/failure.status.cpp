#include "harness/contract/testing/sound.hpp"

/// posix_memalign gives 1 for every failure but a wrong alignment.
struct Broken : Sound {
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const int status = Sound::posix_memalign(result, alignment, size);
    return status == ENOMEM && size > PTRDIFF_MAX ? 1 : status;
  }
};

#include "harness/contract/testing/exports.hpp"
