#include "harness/contract/testing/tells_usable.hpp"

/// A size of which a block was refused is refused until one of that size is freed.
struct Broken : TellsUsable {
  static inline std::atomic<bool> refused = false;

  static bool is_of_the_size(std::size_t size) { return size >= 990 && size <= 1032; }
  static void* malloc(std::size_t size) {
    if (!is_of_the_size(size)) return Sound::malloc(size);
    void* const block = refused ? refuse(ENOMEM) : Sound::malloc(size);
    if (block == nullptr) refused = true;
    return block;
  }
  static void free(void* block) {
    if (block != nullptr && is_of_the_size(malloc_usable_size(block))) refused = false;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
