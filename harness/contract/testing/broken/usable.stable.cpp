#include "harness/contract/testing/forgetful.hpp"

/// The usable size of a block is told smaller when it is asked for again.
struct Broken : Forgetful {
  static std::size_t malloc_usable_size(void* block) {
    const std::size_t size = Sound::malloc_usable_size(block);
    if (block == nullptr || remembered.exchange(block) != block) return size;
    return size - 8;
  }
};

#include "harness/contract/testing/exports.hpp"
