#include "harness/contract/testing/sound.hpp"

/// The nothrow forms do not call the new handler.
struct Broken : Sound {
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    return __libc_memalign(alignment == 0 ? 16 : alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"
