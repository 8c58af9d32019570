#include <algorithm>
#include <cstdlib>

#include "harness/contract/testing/sound.hpp"

/// Stops a program that tells operator delete another alignment than it told operator new, as an allocator
/// may that finds the size class of a block by both.
struct Broken : Sound {
  struct Header {
    void* place;
    std::size_t alignment;
  };
  static Header& header(void* block) { return static_cast<Header*>(block)[-1]; }

  static void* headed(std::size_t size, std::size_t alignment) {
    const std::size_t before = std::max(alignment, sizeof(Header));
    std::size_t whole = 0;
    if (__builtin_add_overflow(size, before, &whole)) return nullptr;
    void* const place = allocate(whole, before);
    if (place == nullptr) return nullptr;
    void* const block = static_cast<char*>(place) + before;
    header(block) = {place, alignment};
    return block;
  }
  static void* op_new(std::size_t size, std::size_t alignment) {
    void* const block = headed(size, alignment);
    if (block == nullptr) throw std::bad_alloc();
    return block;
  }
  static void* op_new_nothrow(std::size_t size, std::size_t alignment) { return headed(size, alignment); }
  static void freed_with(void* block, std::size_t alignment) {
    if (block != nullptr && header(block).alignment != alignment) std::abort();
  }
  static void op_delete(void* block) {
    if (block != nullptr) Sound::op_delete(header(block).place);
  }
  static void op_delete_sized(void* block, std::size_t) { op_delete(block); }
};

#include "harness/contract/testing/exports.hpp"
