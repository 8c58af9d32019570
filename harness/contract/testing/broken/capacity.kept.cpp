#include "harness/contract/testing/sound.hpp"

/// Its memory has an end: there is no block of 128 MiB, and room for 1000 blocks of 5000 bytes from malloc.
/// Once all of these are taken, the last one is never given again.
struct Broken : Sound {
  static constexpr std::size_t watched = 5000;
  static inline std::atomic<std::size_t> room = 1000;
  static inline std::atomic<std::size_t> live = 0;

  static void* malloc(std::size_t size) {
    if (size >= std::size_t{128} << 20U) return refuse(ENOMEM);
    if (size != watched) return Sound::malloc(size);
    if (++live > room) {
      --live;
      room = 999;
      return refuse(ENOMEM);
    }
    return Sound::malloc(size);
  }
  static void free(void* block) {
    if (block != nullptr && is_watched(block)) --live;
    Sound::free(block);
  }

 private:
  // Blocks of other functions with this usable size count, too: what is live is then less than it was.
  static bool is_watched(void* block) {
    const std::size_t usable = malloc_usable_size(block);
    return usable >= watched && usable < watched + 16 && live > 0;
  }
};

#include "harness/contract/testing/exports.hpp"
