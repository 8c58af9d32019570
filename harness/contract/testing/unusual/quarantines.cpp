#include "harness/contract/testing/tells_usable.hpp"

/// What is freed is kept for a while, up to 48 MiB of it, so that its use after free shows.
struct Unusual : TellsUsable {
  static constexpr std::size_t most_bytes = std::size_t{48} << 20U;
  static constexpr std::size_t most_blocks = std::size_t{1} << 20U;
  static inline void* blocks[most_blocks];  // NOLINT(modernize-avoid-c-arrays): zero from the start
  static inline std::size_t first = 0;
  static inline std::size_t count = 0;
  static inline std::size_t bytes = 0;
  static inline std::atomic_flag taken;

  static void free(void* block) {
    constexpr std::size_t large = 65'536;
    if (block == nullptr) return;
    const std::size_t size = malloc_usable_size(block);
    if (size > large) return Sound::free(block);
    while (taken.test_and_set(std::memory_order_acquire)) {
    }
    blocks[(first + count++) % most_blocks] = block;
    bytes += size;
    while (bytes > most_bytes || count == most_blocks) {
      void* const oldest = blocks[first];
      bytes -= malloc_usable_size(oldest);
      Sound::free(oldest);
      first = (first + 1) % most_blocks;
      --count;
    }
    taken.clear(std::memory_order_release);
  }
  static void free_sized(void* block, std::size_t) { free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { free(block); }
};
using Broken = Unusual;

#include "harness/contract/testing/exports.hpp"
