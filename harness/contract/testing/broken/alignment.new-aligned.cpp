#include "harness/contract/testing/sound.hpp"

/// operator new knows alignments up to 64.
struct Broken : Sound {
  static void* op_new(std::size_t size, std::size_t alignment) {
    return Sound::op_new(size, alignment > 64 ? 64 : alignment);
  }
};

#include "harness/contract/testing/exports.hpp"
