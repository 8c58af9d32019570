#include "harness/contract/testing/tells_usable.hpp"

/// The small blocks of the program are counted by 16 bits: where the count comes to 0 it is taken to have
/// none, and those that it has are gone.
struct Broken : TellsUsable {
  static constexpr std::size_t small = 40;
  static inline std::atomic<std::int32_t> count = 0;

  static bool is_small(void* block) { return block != nullptr && malloc_usable_size(block) <= small; }
  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (is_small(block)) ++count;
    return block;
  }
  static void free(void* block) {
    // The first 16 bits of the number of blocks that there are.
    if (is_small(block) && static_cast<std::uint16_t>(--count) == 0 && count > 0) __builtin_trap();
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
