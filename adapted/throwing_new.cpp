// AddressSanitizer's operator new ends the process for a request that it cannot serve. An allocator that
// passes such a request on, and expects std::bad_alloc, is right: here it gets it. Without the sanitizer
// nothing changes.
#include <cstddef>
#include <cstdint>
#include <new>

#include "allocator/poison.hpp"

#ifdef PYMALLOC_ADDRESS_SANITIZER

namespace {

// The sanitizer warns of sizes over PTRDIFF_MAX even where it answers with NULL.
[[nodiscard]] void* granted(std::size_t size, void* (*ask)(std::size_t size, std::align_val_t alignment),
                            std::align_val_t alignment) {
  void* const block = size > PTRDIFF_MAX ? nullptr : ask(size, alignment);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  return granted(size, [](std::size_t n, std::align_val_t) { return ::operator new(n, std::nothrow); }, {});
}
void* operator new[](std::size_t size) {
  return granted(size, [](std::size_t n, std::align_val_t) { return ::operator new[](n, std::nothrow); }, {});
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return granted(
      size, [](std::size_t n, std::align_val_t a) { return ::operator new(n, a, std::nothrow); }, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return granted(
      size, [](std::size_t n, std::align_val_t a) { return ::operator new[](n, a, std::nothrow); },
      alignment);
}

#endif
