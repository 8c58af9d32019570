#include "harness/contract/testing/sound.hpp"

/// malloc does not say why it gives no block.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    void* const block = size > PTRDIFF_MAX ? nullptr : Sound::malloc(size);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
