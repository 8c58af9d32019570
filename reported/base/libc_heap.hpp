#pragma once

#include "reported/base/family.hpp"

/// The C library's allocator as a heap.
struct LibcHeap {
  static void* take(std::size_t alignment, std::size_t size) {
    return alignment <= 16 ? __libc_malloc(size) : __libc_memalign(alignment, size);
  }
  static void give(void* block) { __libc_free(block); }
  static std::size_t usable(const void* block) { return Sound::malloc_usable_size(const_cast<void*>(block)); }
  static bool resize(void* block, std::size_t size) {
    const std::size_t now = usable(block);
    return size <= now && size >= now / 2;
  }
  static bool zero(const void*) { return false; }
};
