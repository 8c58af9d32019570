// Makes a library of the allocator `Broken`. Included once, behind it.
#include "harness/contract/testing/sound.hpp"

extern "C" {
void* malloc(std::size_t size) {
  return Broken::malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  return Broken::calloc(count, size);
}
void* realloc(void* block, std::size_t size) {
  return Broken::realloc(block, size);
}
void* reallocarray(void* block, std::size_t count, std::size_t size) {
  return Broken::reallocarray(block, count, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  return Broken::memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return Broken::aligned_alloc(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  return Broken::posix_memalign(result, alignment, size);
}
void* valloc(std::size_t size) {
  return Broken::valloc(size);
}
void* pvalloc(std::size_t size) {
  return Broken::pvalloc(size);
}
void free(void* block) {
  Broken::free(block);
}
void free_sized(void* block, std::size_t size) {
  Broken::free_sized(block, size);
}
void free_aligned_sized(void* block, std::size_t alignment, std::size_t size) {
  Broken::free_aligned_sized(block, alignment, size);
}
std::size_t malloc_usable_size(void* block) {
  return Broken::malloc_usable_size(block);
}
}

inline constexpr std::size_t plain = 0;  // no alignment is named: that of every object of the size
using Alignment = std::align_val_t;
using Nothrow = std::nothrow_t;
[[nodiscard]] inline std::size_t number(Alignment alignment) {
  return static_cast<std::size_t>(alignment);
}

/// Tells an allocator that wants to know it which alignment operator delete was told.
template <class Allocator>
void told_alignment(void* block, Alignment alignment) {
  if constexpr (requires { Allocator::freed_with(block, number(alignment)); })
    Allocator::freed_with(block, number(alignment));
}

void* operator new(std::size_t size) {
  return Broken::op_new(size, plain);
}
void* operator new[](std::size_t size) {
  return Broken::op_new(size, plain);
}
void* operator new(std::size_t size, const Nothrow&) noexcept {
  return Broken::op_new_nothrow(size, plain);
}
void* operator new[](std::size_t size, const Nothrow&) noexcept {
  return Broken::op_new_nothrow(size, plain);
}
void* operator new(std::size_t size, Alignment alignment) {
  return Broken::op_new(size, number(alignment));
}
void* operator new[](std::size_t size, Alignment alignment) {
  return Broken::op_new(size, number(alignment));
}
void* operator new(std::size_t size, Alignment alignment, const Nothrow&) noexcept {
  return Broken::op_new_nothrow(size, number(alignment));
}
void* operator new[](std::size_t size, Alignment alignment, const Nothrow&) noexcept {
  return Broken::op_new_nothrow(size, number(alignment));
}
void operator delete(void* block) noexcept {
  Broken::op_delete(block);
}
void operator delete[](void* block) noexcept {
  Broken::op_delete(block);
}
void operator delete(void* block, const Nothrow&) noexcept {
  Broken::op_delete(block);
}
void operator delete[](void* block, const Nothrow&) noexcept {
  Broken::op_delete(block);
}
void operator delete(void* block, std::size_t size) noexcept {
  Broken::op_delete_sized(block, size);
}
void operator delete[](void* block, std::size_t size) noexcept {
  Broken::op_delete_sized(block, size);
}
void operator delete(void* block, Alignment alignment) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete(block);
}
void operator delete[](void* block, Alignment alignment) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete(block);
}
void operator delete(void* block, Alignment alignment, const Nothrow&) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete(block);
}
void operator delete[](void* block, Alignment alignment, const Nothrow&) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete(block);
}
void operator delete(void* block, std::size_t size, Alignment alignment) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete_sized(block, size);
}
void operator delete[](void* block, std::size_t size, Alignment alignment) noexcept {
  told_alignment<Broken>(block, alignment);
  Broken::op_delete_sized(block, size);
}
