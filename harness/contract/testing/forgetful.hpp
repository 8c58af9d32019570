#pragma once

#include "harness/contract/testing/sound.hpp"

/// The C library, remembering one block until it is freed or resized.
struct Forgetful : Sound {
  static inline std::atomic<void*> remembered = nullptr;

  static void* realloc(void* block, std::size_t size) {
    forget(block);
    return Sound::realloc(block, size);
  }
  static void free(void* block) {
    forget(block);
    Sound::free(block);
  }

 private:
  static void forget(void* block) {
    if (block != nullptr) remembered.compare_exchange_strong(block, nullptr);
  }
};
