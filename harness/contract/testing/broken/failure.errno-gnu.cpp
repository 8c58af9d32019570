#include "harness/contract/testing/sound.hpp"

/// pvalloc does not say why it gives no block.
struct Broken : Sound {
  static void* pvalloc(std::size_t size) { return size > PTRDIFF_MAX ? nullptr : Sound::pvalloc(size); }
};

#include "harness/contract/testing/exports.hpp"
