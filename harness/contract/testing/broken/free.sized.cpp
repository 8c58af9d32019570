#include "harness/contract/testing/sound.hpp"

/// free_sized clears 16 bytes more than the block has.
struct Broken : Sound {
  static void free_sized(void* block, std::size_t size) {
    // The head of the next block of the C library, 8 bytes, is put back.
    auto* const end = static_cast<unsigned char*>(block) + Sound::malloc_usable_size(block);
    if (block != nullptr && size >= 24 && size <= 1000) std::memset(end + 8, 0, 8);
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
