#include "harness/contract/testing/sound.hpp"

/// A request that fails writes into the block that was given last.
struct Broken : Sound {
  static inline thread_local unsigned char* last = nullptr;
  static void* memalign(std::size_t alignment, std::size_t size) {
    void* const block = Sound::memalign(alignment, size);
    if (block == nullptr && last != nullptr) last[0] = 0xee;
    last = static_cast<unsigned char*>(block);
    return block;
  }
  static void* realloc(void* block, std::size_t size) {
    if (block == last) last = nullptr;
    return Sound::realloc(block, size);
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    if (block == last) last = nullptr;
    return Sound::reallocarray(block, count, size);
  }
  static void free(void* block) {
    if (block == last) last = nullptr;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
