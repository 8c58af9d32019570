// Report: https://github.com/rust-lang/rust/pull/42331
// Allocator: alloc_system of Rust 1.18, Windows
// Fault: An aligned block lies at an offset in a plain one; realloc resizes the plain one and forgets that
//   the offset may be another.
// Breaks: realloc.keeps, shadow, blocks, crash, program.survives
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  struct Head {
    void* below;
    std::size_t alignment;
  };
  static Head* head(const void* block) { return const_cast<Head*>(static_cast<const Head*>(block)) - 1; }
  static void* place(void* below, std::size_t alignment) {
    const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(below) + sizeof(Head);
    auto* const block = reinterpret_cast<void*>((start + alignment - 1) / alignment * alignment);
    *head(block) = {below, alignment};
    return block;
  }
  static void* take(std::size_t alignment, std::size_t size) {
    if (size > PTRDIFF_MAX / 2 || alignment > PTRDIFF_MAX / 2) return nullptr;
    void* const below = __libc_malloc(sizeof(Head) + alignment + size);
    return below == nullptr ? nullptr : place(below, alignment);
  }
  static void give(void* block) { __libc_free(head(block)->below); }
  static std::size_t usable(const void* block) {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(head(block)->below);
    return LibcHeap::usable(head(block)->below) - offset;
  }
};

struct Broken : Family<Broken, Faulty> {
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    if (size > PTRDIFF_MAX / 2) return refuse(ENOMEM);
    const Faulty::Head old = *Faulty::head(block);
    void* const below = __libc_realloc(old.below, sizeof(Faulty::Head) + old.alignment + size);
    return below == nullptr ? nullptr : Faulty::place(below, old.alignment);
  }
};

#include "harness/contract/testing/exports.hpp"
