#include "harness/contract/testing/sound.hpp"

/// The usable size of a block changes when it was asked for.
struct Broken : Sound {
  static inline std::atomic<std::size_t> asked = 0;
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    // Told larger than it is by what nobody asks for or writes: sizes over those of the other clauses'
    // blocks.
    return size > 150'000 && ++asked % 2 == 0 ? size - 16 : size;
  }
};

#include "harness/contract/testing/exports.hpp"
