#pragma once

#include <cstddef>

#include "interpose/libc.hpp"

namespace poolhammer::preload {

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
  [[nodiscard]] static std::size_t usable_size(void* block) noexcept {
    return interpose::libc_usable_size(block);
  }
};

}  // namespace poolhammer::preload
