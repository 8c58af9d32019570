#include "harness/contract/testing/sound.hpp"

/// operator new gives a page for sizes that it cannot have.
struct Broken : Sound {
  static void* op_new(std::size_t size, std::size_t alignment) {
    return Sound::op_new(size > PTRDIFF_MAX && std::get_new_handler() == nullptr ? page : size, alignment);
  }
};

#include "harness/contract/testing/exports.hpp"
