#pragma once

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <optional>

// What libraries share that stand before the C library's allocator in a program: these functions allocate
// nothing, unless they say so, and may be called before any constructor has run.

/// Before the definition of a function that takes the place of the C library's.
#define POOLHAMMER_EXPORT [[gnu::visibility("default")]]

// The C library's own allocator under its internal names: unlike functions found by dlsym, these work from
// the dynamic loader's first request on.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* block) noexcept;
}

namespace poolhammer::interpose {

/// The bytes that the owner of a live block of the C library may use; 0 for null. It has no internal name,
/// and in a program linked with another allocator's library the next function of its name would be that
/// one's: the C library is asked by name. The first call does so, which may allocate: not to be made with a
/// lock held that an allocation takes.
[[nodiscard]] inline std::size_t libc_usable_size(void* block) noexcept {
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

[[nodiscard]] inline std::size_t page_bytes() noexcept {
  return static_cast<std::size_t>(getpagesize());
}

/// What pvalloc grants for a request; nothing where it cannot be rounded up.
[[nodiscard]] inline std::optional<std::size_t> rounded_to_pages(std::size_t size) noexcept {
  std::size_t rounded = 0;
  if (__builtin_add_overflow(size, page_bytes() - 1, &rounded)) return std::nullopt;
  return rounded - rounded % page_bytes();
}

/// Whether posix_memalign may be asked for it.
[[nodiscard]] constexpr bool is_posix_alignment(std::size_t alignment) noexcept {
  return std::has_single_bit(alignment) && alignment % sizeof(void*) == 0;
}

}  // namespace poolhammer::interpose
