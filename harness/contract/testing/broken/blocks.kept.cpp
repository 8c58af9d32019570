#include "harness/contract/testing/sound.hpp"

/// pvalloc writes into the block that it gave before.
struct Broken : Sound {
  static inline std::atomic<unsigned char*> before = nullptr;
  static void* pvalloc(std::size_t size) {
    unsigned char* const last = before;
    if (last != nullptr && size % 16 == 7 && size > 300 && size < 600) last[0] = 0xee;
    void* const block = Sound::pvalloc(size);
    before = static_cast<unsigned char*>(block);
    return block;
  }
  static void free(void* block) {
    if (block != nullptr && block == before) before = nullptr;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
