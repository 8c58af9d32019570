#include "harness/contract/testing/sound.hpp"

/// The usable size of a block that is aligned to 4 MiB is reported as 0.
struct Broken : Sound {
  static constexpr std::size_t alignment_of_broken = std::size_t{4} << 20U;
  static std::size_t malloc_usable_size(void* block) {
    const bool aligned = reinterpret_cast<std::uintptr_t>(block) % alignment_of_broken == 0;
    return aligned ? 0 : Sound::malloc_usable_size(block);
  }
};

#include "harness/contract/testing/exports.hpp"
