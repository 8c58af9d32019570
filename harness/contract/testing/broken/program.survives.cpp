#include "harness/contract/testing/sound.hpp"

/// The hundredth block of 96 bytes ends the program.
struct Broken : Sound {
  static inline std::atomic<int> blocks = 0;
  static void* malloc(std::size_t size) {
    if (size == 96 && ++blocks == 100) __builtin_trap();
    return Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
