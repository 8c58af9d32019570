#include "harness/contract/testing/sound.hpp"

/// An alignment that is no power of two is refused for want of memory.
struct Broken : Sound {
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return power_of_two(alignment) ? Sound::aligned_alloc(alignment, size) : refuse(ENOMEM);
  }
};

#include "harness/contract/testing/exports.hpp"
