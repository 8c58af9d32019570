#include "harness/contract/testing/sound.hpp"

/// Sizes are counted in units of 128 bytes, by 16 bits: 8 MiB and more wrap.
struct Broken : Sound {
  static constexpr std::size_t unit = 128;
  static void* malloc(std::size_t size) {
    const std::size_t units = size / unit + 1;
    const bool wraps = units > 0xffff && size < std::size_t{1} << 40U;
    return Sound::malloc(wraps ? (units & 0xffffU) * unit + unit : size);
  }
};

#include "harness/contract/testing/exports.hpp"
