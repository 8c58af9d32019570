#include "harness/contract/testing/sound.hpp"

/// Where the system gives no more memory, the block that was given last but one is written into.
struct Broken : Sound {
  static inline thread_local unsigned char* last = nullptr;
  static void* malloc(std::size_t size) {
    if (size > 60'000 && size < 80'000) {
      last = static_cast<unsigned char*>(Sound::malloc(size));
      return last;
    }
    void* const block = Sound::malloc(size);
    if (block == nullptr && size < 10'000'000 && last != nullptr) last[100] = 0xee;
    return block;
  }
  static void free(void* block) {
    if (block == last) last = nullptr;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
