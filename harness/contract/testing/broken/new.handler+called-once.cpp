#include "harness/contract/testing/sound.hpp"

/// The new handler is called once, and what it did is taken for all that it can do.
struct Broken : Sound {
  static void* op_new(std::size_t size, std::size_t alignment) { return Sound::op_new(size, alignment, 1); }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    return Sound::op_new_nothrow(size, alignment, 1);
  }
};

#include "harness/contract/testing/exports.hpp"
