#include "harness/contract/testing/sound.hpp"

/// operator new gives NULL for no bytes.
struct Broken : Sound {
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    return size == 0 ? nullptr : Sound::op_new_nothrow(size, alignment);
  }
};

#include "harness/contract/testing/exports.hpp"
