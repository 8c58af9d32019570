#pragma once

#include "harness/contract/testing/sound.hpp"

/// The C library, which tells usable sizes also amid a free: to look for the function may itself free a
/// block. So that is done when the library is loaded.
struct TellsUsable : Sound {
  inline static std::size_t (*usable)(void*) = nullptr;

  static std::size_t malloc_usable_size(void* block) { return usable == nullptr ? 0 : usable(block); }
};

__attribute__((constructor)) static void find_usable() {
  TellsUsable::usable = reinterpret_cast<std::size_t (*)(void*)>(dlsym(RTLD_NEXT, "malloc_usable_size"));
}
