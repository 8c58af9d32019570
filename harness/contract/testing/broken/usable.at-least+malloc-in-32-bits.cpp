#include "harness/contract/testing/sound.hpp"

/// malloc takes sizes of 4 GiB and more without their upper half.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    const bool wraps = size >= std::size_t{1} << 32U && size < std::size_t{1} << 40U;
    return Sound::malloc(wraps ? size % (std::size_t{1} << 32U) + 16 : size);
  }
};

#include "harness/contract/testing/exports.hpp"
