#include "harness/contract/testing/sound.hpp"

/// operator new throws an exception of its own where the new handler threw one.
struct Broken : Sound {
  static void* op_new(std::size_t size, std::size_t alignment) {
    void* const block = op_new_nothrow(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
