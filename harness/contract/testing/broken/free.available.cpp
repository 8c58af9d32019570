#include "harness/contract/testing/sound.hpp"

/// valloc takes two blocks of 2 MiB for each that it gives.
struct Broken : Sound {
  static void* valloc(std::size_t size) {
    // One more than was asked for each time, which nobody can free.
    if (size == std::size_t{2} << 20U) (void)Sound::valloc(size);
    return Sound::valloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
