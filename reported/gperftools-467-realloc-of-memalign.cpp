// Report: https://github.com/gperftools/gperftools/issues/467
// Allocator: gperftools 2.0, debugging library
// Fault: realloc of a block from memalign copies from the start of the memory below it, not from the block.
// Breaks: realloc.keeps, shadow.kept, shadow.contents
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static constexpr std::size_t header = 32;
  struct Head {
    void* below;
    std::size_t size;
  };
  static Head* head(const void* block) { return const_cast<Head*>(static_cast<const Head*>(block)) - 1; }

  static void* take(std::size_t alignment, std::size_t size) {
    if (size > PTRDIFF_MAX || alignment > PTRDIFF_MAX) return nullptr;
    auto* const below = static_cast<std::byte*>(__libc_malloc(header + alignment + size));
    if (below == nullptr) return nullptr;
    const std::uintptr_t place = reinterpret_cast<std::uintptr_t>(below) + header;
    auto* const block = reinterpret_cast<void*>((place + alignment - 1) / alignment * alignment);
    *head(block) = {below, size};
    return block;
  }
  static void give(void* block) { __libc_free(head(block)->below); }
  static std::size_t usable(const void* block) { return head(block)->size; }
  static bool resize(void*, std::size_t) { return false; }
};

struct Broken : Family<Broken, Faulty> {
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t old = Faulty::usable(block);
    std::memcpy(moved, static_cast<std::byte*>(Faulty::head(block)->below) + Faulty::header,
                old < size ? old : size);
    Faulty::give(block);
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
