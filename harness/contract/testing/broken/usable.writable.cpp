#include "harness/contract/testing/sound.hpp"

/// The library writes into usable bytes of the block before, behind those that were asked for.
struct Broken : Sound {
  static constexpr std::size_t slack = 16;
  static inline std::atomic<void*> before = nullptr;
  static void forget(void* block) { before.compare_exchange_strong(block, nullptr); }
  static void* malloc(std::size_t size) {
    // Among threads another might free the block meanwhile.
    if (size < 100 || size > 1000 || gettid() != getpid()) return Sound::malloc(size);
    void* const block = Sound::malloc(size + slack);
    void* const other = before.exchange(block);
    if (other != nullptr) {
      auto* const bytes = static_cast<unsigned char*>(other);
      bytes[Sound::malloc_usable_size(other) - 1] ^= 0xffU;
    }
    return block;
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
