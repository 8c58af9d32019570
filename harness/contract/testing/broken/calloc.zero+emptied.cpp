#include "harness/contract/testing/sound.hpp"

/// Memory that a thousand blocks in a row gave back is taken for fresh, where it serves another size.
struct Broken : Sound {
  static inline thread_local std::size_t freed_in_a_row = 0;
  static inline thread_local std::size_t size_of_the_freed = 0;

  static void* malloc(std::size_t size) {
    freed_in_a_row = 0;
    return Sound::malloc(size);
  }
  static void free(void* block) {
    if (block != nullptr) {
      ++freed_in_a_row;
      size_of_the_freed = Sound::malloc_usable_size(block);
    }
    Sound::free(block);
  }
  static void* calloc(std::size_t count, std::size_t size) {
    void* const block = Sound::calloc(count, size);
    const bool emptied = freed_in_a_row > 1000;
    freed_in_a_row = 0;
    if (block == nullptr || !emptied || size < 40) return block;
    if (Sound::malloc_usable_size(block) != size_of_the_freed)
      static_cast<unsigned char*>(block)[size - 1] = 8;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
