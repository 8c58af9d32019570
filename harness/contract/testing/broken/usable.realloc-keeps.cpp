#include <array>

#include "harness/contract/testing/sound.hpp"

/// A block that grows keeps what was asked for, and not what else was usable.
struct Broken : Sound {
  // Blocks that have more room than was asked for.
  static inline std::array<std::atomic<void*>, 64> roomy{};
  static bool forget(void* block) {
    for (std::atomic<void*>& each : roomy) {
      void* expected = block;
      if (block != nullptr && each.compare_exchange_strong(expected, nullptr)) return true;
    }
    return false;
  }

  static void* malloc(std::size_t size) {
    if (size < 3000 || size > 3500) return Sound::malloc(size);
    void* const block = Sound::malloc(size + 32);
    for (std::atomic<void*>& each : roomy) {
      void* expected = nullptr;
      if (each.compare_exchange_strong(expected, block)) break;
    }
    return block;
  }
  static void* realloc(void* block, std::size_t size) {
    const std::size_t old = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    void* const moved = Sound::realloc(block, size);
    if (moved != nullptr && forget(block) && size > old) static_cast<unsigned char*>(moved)[old - 1] = 0xee;
    return moved;
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    (void)forget(block);
    return Sound::reallocarray(block, count, size);
  }
  static void free(void* block) {
    (void)forget(block);
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
