#include "harness/contract/testing/sound.hpp"

/// The sized forms of delete clear 8 bytes behind the block.
struct Broken : Sound {
  static void op_delete_sized(void* block, std::size_t size) {
    // Behind the head of the next block of the C library.
    if (block != nullptr && size >= 24 && size <= 1000)
      std::memset(static_cast<unsigned char*>(block) + Sound::malloc_usable_size(block) + 8, 0, 8);
    Sound::op_delete(block);
  }
};

#include "harness/contract/testing/exports.hpp"
