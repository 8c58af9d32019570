#include "preload/libc_memory.hpp"

#include <dlfcn.h>

#include <atomic>

namespace poolhammer::preload {

/// In a program linked with another allocator's library, the next malloc_usable_size would be that one's: the
/// C library is asked by name.
std::size_t libc_usable_size(void* block) noexcept {
  using Function = std::size_t (*)(void*);
  constinit static std::atomic<Function> found{nullptr};
  if (block == nullptr) return 0;
  Function real = found.load(std::memory_order_relaxed);
  if (real == nullptr) {
    void* const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    real = libc == nullptr ? nullptr : reinterpret_cast<Function>(dlsym(libc, "malloc_usable_size"));
    found.store(real, std::memory_order_relaxed);
  }
  return real == nullptr ? 0 : real(block);
}

}  // namespace poolhammer::preload
