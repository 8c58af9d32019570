#pragma once

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// The C library's allocator under its internal names.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
}

/// An allocator that keeps every clause, in terms of the C library's. A broken one derives from it and
/// replaces what it gets wrong; exports.hpp makes a library of that.
struct Sound {
  static constexpr std::size_t page = 4096;

  static bool power_of_two(std::size_t number) { return number != 0 && (number & (number - 1)) == 0; }
  static void* refuse(int error) {
    errno = error;
    return nullptr;
  }

  static void* malloc(std::size_t size) { return __libc_malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) { return __libc_calloc(count, size); }
  static void* realloc(void* block, std::size_t size) { return __libc_realloc(block, size); }
  static void* reallocarray(void* block, std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    return __libc_realloc(block, bytes);
  }
  static void* memalign(std::size_t alignment, std::size_t size) { return __libc_memalign(alignment, size); }
  static void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return power_of_two(alignment) ? __libc_memalign(alignment, size) : refuse(EINVAL);
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    if (!power_of_two(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
    void* const block = __libc_memalign(alignment, size);
    if (block == nullptr) return ENOMEM;
    *result = block;
    return 0;
  }
  static void* valloc(std::size_t size) { return __libc_memalign(page, size); }
  static void* pvalloc(std::size_t size) {
    if (size > PTRDIFF_MAX) return refuse(ENOMEM);
    return __libc_memalign(page, (size + page - 1) / page * page);
  }
  static void free(void* block) { __libc_free(block); }
  static void free_sized(void* block, std::size_t) { __libc_free(block); }
  static void free_aligned_sized(void* block, std::size_t, std::size_t) { __libc_free(block); }
  static std::size_t malloc_usable_size(void* block) {
    using Ask = std::size_t (*)(void*);
    static const Ask ask = reinterpret_cast<Ask>(dlsym(RTLD_NEXT, "malloc_usable_size"));
    return ask(block);
  }

  static constexpr unsigned always = UINT_MAX;

  /// Blocks for operator new and new[], aligned for every object where `alignment` is 0; null where there is
  /// no memory and the handler gave up, or was called `most_handler_calls` times.
  static void* allocate(std::size_t size, std::size_t alignment, unsigned most_handler_calls = always) {
    for (unsigned calls = 0;; ++calls) {
      void* const block = alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
      if (block != nullptr) return block;
      const std::new_handler handler = std::get_new_handler();
      if (handler == nullptr || calls == most_handler_calls) return nullptr;
      handler();
    }
  }
  static void* op_new(std::size_t size, std::size_t alignment, unsigned most_handler_calls = always) {
    void* const block = allocate(size, alignment, most_handler_calls);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment, unsigned most_handler_calls = always) {
    try {
      return allocate(size, alignment, most_handler_calls);
    } catch (...) {
      return nullptr;
    }
  }
  static void op_delete(void* block) { __libc_free(block); }
  static void op_delete_sized(void* block, std::size_t) { __libc_free(block); }
};
// NOLINTEND(bugprone-reserved-identifier)
