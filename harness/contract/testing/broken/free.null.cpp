#include "harness/contract/testing/sound.hpp"

/// Freeing a null pointer writes into the block that was given last.
struct Broken : Sound {
  static inline thread_local unsigned char* last = nullptr;
  static void* malloc(std::size_t size) {
    last = static_cast<unsigned char*>(Sound::malloc(size));
    return last;
  }
  static void free_sized(void* block, std::size_t) {
    if (block == nullptr && last != nullptr) last[0] = 0xee;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
