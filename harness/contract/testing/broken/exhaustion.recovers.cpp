#include "harness/contract/testing/sound.hpp"

/// Once memory was refused, none is given until the program ends.
struct Broken : Sound {
  static inline std::atomic<bool> refused = false;
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (refused && size >= 20'000) return ENOMEM;
    const int status = Sound::posix_memalign(result, alignment, size);
    if (status == ENOMEM && size < 10'000'000) refused = true;
    return status;
  }
};

#include "harness/contract/testing/exports.hpp"
