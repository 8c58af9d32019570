#include <dlfcn.h>

#include <atomic>

#include "interpose/libc.hpp"

// A library that is loaded with RTLD_DEEPBIND looks for malloc and free in what it was linked with, and so
// finds the C library's: blocks would be freed by an allocator that did not give them. PHP loads its
// extensions so.

namespace {

using Loading = void* (*)(const char*, int) noexcept;

constinit std::atomic<Loading> next{nullptr};

[[nodiscard]] Loading next_loading() noexcept {
  Loading loading = next.load(std::memory_order_relaxed);
  if (loading == nullptr) {
    loading = reinterpret_cast<Loading>(dlsym(RTLD_NEXT, "dlopen"));
    next.store(loading, std::memory_order_relaxed);
  }
  return loading;
}

}  // namespace

/// As the C library's, without RTLD_DEEPBIND. That one asks for its return address, as it searches the paths
/// of whoever calls it: the call below must stay the last thing done here, which compilers make a jump.
extern "C" POOLHAMMER_EXPORT void* dlopen(const char* file, int mode) noexcept {
  return next_loading()(file, mode & ~RTLD_DEEPBIND);
}
