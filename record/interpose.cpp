#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "interpose/libc.hpp"
#include "record/writer.hpp"

// The allocation functions of the C library, each doing the real work under its internal name: unlike a
// search by dlsym, that needs no allocation before the first allocation works.
//
// Where the log is written decides whether its order can be trusted. A block is logged as free before another
// thread can get it, and as allocated after the one before it gave it back: so free logs first, malloc logs
// last, and realloc, which does both inside the C library, logs at both ends.

namespace {

using poolhammer::log::append;
using poolhammer::log::EventKind;
namespace interpose = poolhammer::interpose;

void* aligned(std::size_t alignment, std::size_t size, std::size_t granted) noexcept {
  void* block = __libc_memalign(alignment, granted);
  append(EventKind::aligned, block, size, alignment);
  return block;
}

void* reallocate(void* block, std::size_t size, bool possible) noexcept {
  if (block != nullptr) append(EventKind::realloc_begin, block, size, 0);
  const auto old = reinterpret_cast<std::uintptr_t>(block);
  void* result = nullptr;
  if (possible) {
    result = __libc_realloc(block, size);
  } else {
    errno = ENOMEM;
  }
  append(EventKind::realloc_end, result, size, old);
  return result;
}

}  // namespace

extern "C" {

POOLHAMMER_EXPORT void* malloc(std::size_t size) noexcept {
  void* block = __libc_malloc(size);
  append(EventKind::malloc, block, size, 0);
  return block;
}

POOLHAMMER_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  void* block = __libc_calloc(count, size);
  append(EventKind::calloc, block, size, count);
  return block;
}

POOLHAMMER_EXPORT void* realloc(void* block, std::size_t size) noexcept {
  return reallocate(block, size, true);
}

POOLHAMMER_EXPORT void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  const bool overflow = __builtin_mul_overflow(count, size, &bytes);
  return reallocate(block, overflow ? SIZE_MAX : bytes, !overflow);
}

POOLHAMMER_EXPORT void free(void* block) noexcept {
  if (block == nullptr) return;
  append(EventKind::free, block, 0, 0);
  __libc_free(block);
}

POOLHAMMER_EXPORT void* memalign(std::size_t alignment, std::size_t size) noexcept {
  return aligned(alignment, size, size);
}

POOLHAMMER_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return aligned(alignment, size, size);
}

POOLHAMMER_EXPORT int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  if (!interpose::is_posix_alignment(alignment)) return EINVAL;
  void* block = aligned(alignment, size, size);
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

POOLHAMMER_EXPORT void* valloc(std::size_t size) noexcept {
  return aligned(interpose::page_bytes(), size, size);
}

POOLHAMMER_EXPORT void* pvalloc(std::size_t size) noexcept {
  // A size that cannot be rounded up cannot be granted either.
  return aligned(interpose::page_bytes(), size, interpose::rounded_to_pages(size).value_or(SIZE_MAX));
}

/// The one function that is looked up, long after the start.
POOLHAMMER_EXPORT std::size_t malloc_usable_size(void* block) noexcept {
  return interpose::libc_usable_size(block);
}

}  // extern "C"
