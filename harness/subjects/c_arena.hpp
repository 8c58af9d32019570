#pragma once

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <type_traits>

namespace poolhammer {

/// An allocator whose interface are four functions over a handle, as C libraries have it, as a type that
/// Adapted takes:
///
///   using MyArena = poolhammer::CArena<&arena_create, &arena_destroy, &arena_alloc, &arena_free>;
///
/// `create()` gives the handle, a pointer, and NULL where it cannot; `destroy(handle)` ends it;
/// `allocate(handle, size)` may take an alignment too; `release(handle, block)` may take the size, and the
/// alignment, as well. More of what an allocator may have is added by a class that derives from this one,
/// with arena() to call the library with.
template <auto create, auto destroy, auto allocate_block, auto release_block>
class CArena {
 public:
  using Handle = std::invoke_result_t<decltype(create)>;
  static_assert(std::is_pointer_v<Handle>, "what create() gives is a pointer");

  /// Throws std::runtime_error where there is no arena to be had.
  CArena() : arena_(create()) {
    if (arena_ == nullptr) throw std::runtime_error("the arena cannot be created: NULL");
  }
  CArena(const CArena&) = delete;
  CArena& operator=(const CArena&) = delete;
  ~CArena() { destroy(arena_); }

  [[nodiscard]] void* allocate(
      std::size_t size) requires std::invocable<decltype(allocate_block), Handle, std::size_t> {
    return allocate_block(arena_, size);
  }
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) requires
      std::invocable<decltype(allocate_block), Handle, std::size_t, std::size_t> {
    return allocate_block(arena_, size, alignment);
  }

  void deallocate(void* block) requires std::invocable<decltype(release_block), Handle, void*> {
    release_block(arena_, block);
  }
  void deallocate(void* block, std::size_t size) requires
      std::invocable<decltype(release_block), Handle, void*, std::size_t> {
    release_block(arena_, block, size);
  }
  void deallocate(void* block, std::size_t size, std::size_t alignment) requires
      std::invocable<decltype(release_block), Handle, void*, std::size_t, std::size_t> {
    release_block(arena_, block, size, alignment);
  }

 protected:
  [[nodiscard]] Handle arena() const { return arena_; }

 private:
  Handle arena_;
};

}  // namespace poolhammer
