#include "harness/contract/testing/sound.hpp"

/// realloc of a live block takes its size as a positive int.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    const bool wraps = block != nullptr && size >= std::size_t{1} << 31U && size < std::size_t{1} << 40U;
    return Sound::realloc(block, wraps ? size % (std::size_t{1} << 31U) + 1 : size);
  }
};

#include "harness/contract/testing/exports.hpp"
