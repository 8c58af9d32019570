#pragma once

#include <cstddef>

// The C library's own allocator under its internal names: unlike functions found by dlsym, these work from
// the dynamic loader's first request on.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* block, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void __libc_free(void* block) noexcept;
}

namespace poolhammer::preload {

/// The bytes that the owner of a live block of the C library may use; null is allowed. Its first call looks
/// the C library's function up, which may allocate: not to be called with the heap's lock held.
[[nodiscard]] std::size_t libc_usable_size(void* block) noexcept;

/// A pymalloc::RawAllocator: the C library, also where malloc's own name is taken by this library.
struct LibcMemory {
  [[nodiscard]] static void* malloc(std::size_t size) noexcept { return __libc_malloc(size); }
  [[nodiscard]] static void* calloc(std::size_t count, std::size_t size) noexcept {
    return __libc_calloc(count, size);
  }
  [[nodiscard]] static void* realloc(void* block, std::size_t size) noexcept {
    return __libc_realloc(block, size);
  }
  static void free(void* block) noexcept { __libc_free(block); }
  [[nodiscard]] static std::size_t usable_size(void* block) noexcept { return libc_usable_size(block); }
};

}  // namespace poolhammer::preload
