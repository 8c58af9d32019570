#include "harness/contract/testing/sound.hpp"

/// free_sized writes into the block that was given last.
struct Broken : Sound {
  static inline thread_local unsigned char* last = nullptr;
  static void* malloc(std::size_t size) {
    last = static_cast<unsigned char*>(Sound::malloc(size));
    return last;
  }
  static void free(void* block) {
    if (block == last) last = nullptr;
    Sound::free(block);
  }
  static void free_sized(void* block, std::size_t) {
    free(block);
    if (block != nullptr && last != nullptr) last[0] = 0xee;
  }
};

#include "harness/contract/testing/exports.hpp"
