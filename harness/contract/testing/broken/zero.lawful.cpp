#include "harness/contract/testing/sound.hpp"

/// Requests of valloc for no bytes all get the same block.
struct Broken : Sound {
  static void* valloc(std::size_t size) {
    static void* const empty = Sound::valloc(1);
    return size == 0 ? empty : Sound::valloc(size);
  }
  static void free(void* block) {
    if (block != valloc(0)) Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
