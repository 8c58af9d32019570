#pragma once

#include "harness/contract/testing/sound.hpp"

/// The functions of the malloc family on top of a heap, which has as static members
///   void* take(std::size_t alignment, std::size_t size)   a block, or null; the size is at least 1
///   void give(void* block)                                takes a block back
///   std::size_t usable(const void* block)
///   bool resize(void* block, std::size_t size)            in place, if it can
///   bool zero(const void* block)                          whether a block just taken holds zeros alone
/// A heap with a fault replaces one of these. `Self` derives from this and may replace a function: those that
/// a library makes of it (calloc of malloc, malloc of memalign) follow.
template <class Self, class Heap>
struct Family {
  static constexpr std::size_t least_alignment = 16;
  static constexpr std::size_t page = 4096;

  static bool power_of_two(std::size_t number) { return number != 0 && (number & (number - 1)) == 0; }
  static void* refuse(int error) {
    errno = error;
    return nullptr;
  }

  static void* memalign(std::size_t alignment, std::size_t size) {
    if (!power_of_two(alignment)) return refuse(EINVAL);
    const std::size_t least = alignment < least_alignment ? least_alignment : alignment;
    void* const block = Heap::take(least, size == 0 ? 1 : size);
    return block == nullptr ? refuse(ENOMEM) : block;
  }
  static void* malloc(std::size_t size) { return Self::memalign(least_alignment, size); }
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    void* const block = Self::malloc(bytes);
    if (block != nullptr && !Heap::zero(block)) std::memset(block, 0, bytes);
    return block;
  }
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return Self::malloc(size);
    if (Heap::resize(block, size == 0 ? 1 : size)) return block;
    void* const moved = Self::malloc(size);
    if (moved == nullptr) return nullptr;
    Self::leave(block, moved, size);
    return moved;
  }
  /// What realloc does with a block for which it has another place.
  static void leave(void* block, void* moved, std::size_t size) {
    const std::size_t old = Heap::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
    Heap::give(block);
  }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return Self::realloc(block, bytes);
  }
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return Self::memalign(alignment, size);
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (!power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
    void* const block = Self::memalign(alignment, size);
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
  }
  static void* valloc(std::size_t size) { return Self::memalign(page, size); }
  static void* pvalloc(std::size_t size) {
    if (size > PTRDIFF_MAX) return refuse(ENOMEM);
    return Self::memalign(page, (size + page - 1) / page * page);
  }
  static void free(void* block) {
    if (block == nullptr) return;
    const int error = errno;
    Heap::give(block);
    errno = error;
  }
  static void free_sized(void* block, std::size_t) { Self::free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { Self::free(block); }
  static std::size_t malloc_usable_size(void* block) { return block == nullptr ? 0 : Heap::usable(block); }

  static void* allocate(std::size_t size, std::size_t alignment) {
    while (true) {
      void* const block = Self::memalign(alignment == 0 ? least_alignment : alignment, size);
      if (block != nullptr) return block;
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr) return nullptr;
      handler();
    }
  }
  static void* op_new(std::size_t size, std::size_t alignment) {
    void* const block = Self::allocate(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) {
    try {
      return Self::allocate(size, alignment);
    } catch (...) {  // by the new handler
      return nullptr;
    }
  }
  static void op_delete(void* block) { Self::free(block); }
  static void op_delete_sized(void* block, std::size_t) { Self::free(block); }
};
