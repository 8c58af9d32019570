#pragma once

#include "harness/contract/testing/sound.hpp"

/// The C library, calling Derived::forget(block) before a block that is not null is freed or resized.
template <class Derived>
struct Forgets : Sound {
  static void* realloc(void* block, std::size_t size) {
    if (block != nullptr) Derived::forget(block);
    return Sound::realloc(block, size);
  }
  static void free(void* block) {
    if (block != nullptr) Derived::forget(block);
    Sound::free(block);
  }
};

/// The C library, remembering one block until it is freed or resized.
struct Forgetful : Forgets<Forgetful> {
  static inline std::atomic<void*> remembered = nullptr;

  static void forget(void* block) { remembered.compare_exchange_strong(block, nullptr); }
};
