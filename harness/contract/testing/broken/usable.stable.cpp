#include "harness/contract/testing/sound.hpp"

/// The usable size of a block is told smaller when it is asked for again.
struct Broken : Sound {
  static inline std::atomic<void*> asked = nullptr;
  static void forget(void* block) { asked.compare_exchange_strong(block, nullptr); }
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    if (block == nullptr || asked.exchange(block) != block) return size;
    return size - 8;
  }
  static void* realloc(void* block, std::size_t size) {
    if (block != nullptr) forget(block);
    return Sound::realloc(block, size);
  }
  static void free(void* block) {
    if (block != nullptr) forget(block);
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
