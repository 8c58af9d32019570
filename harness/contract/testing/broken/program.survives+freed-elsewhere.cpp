#include <array>

#include "harness/contract/testing/sound.hpp"

/// A block of malloc of more than 2 MiB ends the process where another thread frees it.
struct Broken : Sound {
  struct Given {
    std::atomic<void*> block;
    pid_t owner;
  };
  static inline std::array<Given, 256> given{};

  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (block == nullptr || size <= std::size_t{2} << 20U) return block;
    for (Given& each : given) {
      void* none = nullptr;
      if (!each.block.compare_exchange_strong(none, block)) continue;
      each.owner = gettid();
      break;
    }
    return block;
  }
  static void* realloc(void* block, std::size_t size) {
    (void)owner_of(block);
    return Sound::realloc(block, size);
  }
  static void free(void* block) {
    const pid_t owner = owner_of(block);
    if (owner != 0 && owner != gettid()) __builtin_trap();
    Sound::free(block);
  }
  /// 0 where nobody is known; the block is forgotten.
  static pid_t owner_of(void* block) {
    for (Given& each : given) {
      void* known = block;
      if (block != nullptr && each.block.compare_exchange_strong(known, nullptr)) return each.owner;
    }
    return 0;
  }
};

#include "harness/contract/testing/exports.hpp"
