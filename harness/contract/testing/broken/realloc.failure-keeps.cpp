#include "harness/contract/testing/sound.hpp"

/// A block that cannot be resized loses its first byte.
struct Broken : Sound {
  static void* realloc(void* block, std::size_t size) {
    if (size <= PTRDIFF_MAX || block == nullptr) return Sound::realloc(block, size);
    *static_cast<unsigned char*>(block) ^= 0xffU;
    return refuse(ENOMEM);
  }
};

#include "harness/contract/testing/exports.hpp"
