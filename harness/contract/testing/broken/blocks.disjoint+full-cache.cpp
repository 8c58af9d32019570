#include <array>

#include "harness/contract/testing/sound.hpp"

/// A thread keeps up to 128 freed blocks of a few hundred bytes. When it is full, half of them are to go: the
/// last of those that go is kept, too.
struct Broken : Sound {
  static constexpr std::size_t most = 128;
  static inline thread_local std::array<void*, most> kept{};
  static inline thread_local std::size_t count = 0;

  static bool is_kept(void* block) {
    const std::size_t size = block == nullptr ? 0 : Sound::malloc_usable_size(block);
    return size >= 304 && size < 320;
  }
  static void* malloc(std::size_t size) {
    return count > 0 && size > 288 && size <= 304 ? kept.at(--count) : Sound::malloc(size);
  }
  static void free(void* block) {
    if (!is_kept(block)) return Sound::free(block);
    if (count == most) {
      // One that goes comes again as another's.
      count = most / 2;
      kept.at(count) = kept.at(count - 1);
      ++count;
    }
    kept.at(count++) = block;
  }
};

#include "harness/contract/testing/exports.hpp"
