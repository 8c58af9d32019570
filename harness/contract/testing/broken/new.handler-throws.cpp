#include "harness/contract/testing/sound.hpp"

/// What the new handler throws comes out of the nothrow forms.
struct Broken : Sound {
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) { return allocate(size, alignment); }
};

#include "harness/contract/testing/exports.hpp"
