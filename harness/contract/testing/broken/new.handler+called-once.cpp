#include "harness/contract/testing/sound.hpp"

/// The new handler is called once, and what it did is taken for all that it can do.
struct Broken : Sound {
  static void* allocate(std::size_t size, std::size_t alignment) {
    for (int time = 0;; ++time) {
      void* const block = alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
      const std::new_handler handler = std::get_new_handler();
      if (block != nullptr || handler == nullptr || time == 1) return block;
      handler();
    }
  }
  static void* op_new(std::size_t size, std::size_t alignment) {
    void* const block = allocate(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    try {
      return allocate(size, alignment);
    } catch (...) {
      return nullptr;
    }
  }
};

#include "harness/contract/testing/exports.hpp"
