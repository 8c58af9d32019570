#pragma once

#include <malloc.h>

#include <concepts>
#include <cstddef>
#include <cstdlib>

namespace pymalloc {

/// What serves requests that no pool serves, and the heap's own tables. Functions mean what ISO C means by
/// them, but a size of 0 is never passed.
template <class R>
concept RawAllocator = requires(R raw, void* block, std::size_t size) {
  { raw.malloc(size) } -> std::same_as<void*>;
  { raw.calloc(size, size) } -> std::same_as<void*>;
  { raw.realloc(block, size) } -> std::same_as<void*>;
  {raw.free(block)};
  { raw.usable_size(block) } -> std::convertible_to<std::size_t>;
};

/// The C library's allocator.
struct LibcRaw {
  [[nodiscard]] static void* malloc(std::size_t size) { return std::malloc(size); }
  [[nodiscard]] static void* calloc(std::size_t count, std::size_t size) { return std::calloc(count, size); }
  [[nodiscard]] static void* realloc(void* block, std::size_t size) { return std::realloc(block, size); }
  static void free(void* block) { std::free(block); }
  [[nodiscard]] static std::size_t usable_size(void* block) { return malloc_usable_size(block); }
};

}  // namespace pymalloc
