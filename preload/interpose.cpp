#include <bit>
#include <cerrno>
#include <cstddef>
#include <optional>

#include "interpose/libc.hpp"
#include "preload/home.hpp"

// The C library's allocation functions, as exports.map names them. operator new and delete are left to the
// program's own C++ runtime on purpose: all their forms end in malloc, aligned_alloc and free, and only that
// runtime knows the program's new handler and can throw an exception that the program counts rightly.

namespace {

using namespace poolhammer;

[[nodiscard]] void* fail(int error) noexcept {
  errno = error;
  return nullptr;
}

}  // namespace

extern "C" {

POOLHAMMER_EXPORT void* malloc(std::size_t size) noexcept {
  return preload::allocate(size);
}

POOLHAMMER_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  return preload::allocate_zeroed(count, size);
}

POOLHAMMER_EXPORT void* realloc(void* block, std::size_t size) noexcept {
  return preload::reallocate(block, size);
}

POOLHAMMER_EXPORT void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (__builtin_mul_overflow(count, size, &bytes)) return fail(ENOMEM);
  return preload::reallocate(block, bytes);
}

POOLHAMMER_EXPORT void free(void* block) noexcept {
  preload::release(block);
}

/// For programs linked before the C library 2.26, which still have it.
POOLHAMMER_EXPORT void cfree(void* block) noexcept {
  preload::release(block);
}

/// As C17 has it: an alignment that is no power of two fails. A size that is no multiple of it does not.
POOLHAMMER_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  if (!std::has_single_bit(alignment)) return fail(EINVAL);
  return preload::allocate_aligned(alignment, size);
}

/// POSIX: tells an error by its result alone, and leaves *result as it was.
POOLHAMMER_EXPORT int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  if (!interpose::is_posix_alignment(alignment)) return EINVAL;
  const int saved_errno = errno;
  void* const block = preload::allocate_aligned(alignment, size);
  errno = saved_errno;
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

/// As the C library's: an alignment that is no power of two is rounded up to one, and fails where it cannot.
POOLHAMMER_EXPORT void* memalign(std::size_t alignment, std::size_t size) noexcept {
  if (alignment > SIZE_MAX / 2 + 1) return fail(EINVAL);
  return preload::allocate_aligned(alignment, size);
}

POOLHAMMER_EXPORT void* valloc(std::size_t size) noexcept {
  return preload::allocate_aligned(interpose::page_bytes(), size);
}

POOLHAMMER_EXPORT void* pvalloc(std::size_t size) noexcept {
  const std::optional<std::size_t> rounded = interpose::rounded_to_pages(size);
  return rounded ? preload::allocate_aligned(interpose::page_bytes(), *rounded) : fail(ENOMEM);
}

POOLHAMMER_EXPORT std::size_t malloc_usable_size(void* block) noexcept {
  return preload::usable_size(block);
}

}  // extern "C"
