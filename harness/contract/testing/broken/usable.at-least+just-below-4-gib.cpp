#include "harness/contract/testing/sound.hpp"

/// Rounding up a size just below 4 GiB gives one of a few bytes.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    constexpr std::size_t end = std::size_t{1} << 32U;
    return Sound::malloc(size < end && size > end - 16 ? 16 : size);
  }
};

#include "harness/contract/testing/exports.hpp"
