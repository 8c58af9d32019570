#include "harness/contract/testing/sound.hpp"

/// A large block that the system has no room to resize loses its first bytes.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    void* const moved = Sound::realloc(block, size);
    const bool refused = moved == nullptr && block != nullptr && size > 0 && size < PTRDIFF_MAX / 2;
    if (refused && Sound::malloc_usable_size(block) >= 60'000) std::memset(block, 0xa5, 8);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
