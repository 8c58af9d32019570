// Report: https://github.com/openjdk/jdk/pull/10857
// Allocator: OpenJDK 19, native memory tracking
// Fault: realloc marks the old block as dead before it tries; where it fails, the next use of the block ends
//   the process.
// Breaks: realloc.failure-keeps, exhaustion, failure, program.survives, shadow.unchanged-by-failure, crash,
//   shadow.refusal
#include "reported/base/libc_heap.hpp"

struct Faulty : LibcHeap {
  static constexpr std::size_t header = 16;
  enum class Mark : std::uint64_t { live = 0x6c69'7665, dead = 0x6465'6164 };

  static Mark& mark(const void* block) {
    return *reinterpret_cast<Mark*>(reinterpret_cast<std::uintptr_t>(block) - header);
  }
  static std::size_t before(std::size_t alignment) { return alignment < header ? header : alignment; }

  static void* take(std::size_t alignment, std::size_t size) {
    if (size > PTRDIFF_MAX / 2 || alignment > PTRDIFF_MAX / 2) return nullptr;
    auto* const below = static_cast<std::byte*>(LibcHeap::take(alignment, size + before(alignment)));
    if (below == nullptr) return nullptr;
    void* const block = below + before(alignment);
    mark(block) = Mark::live;
    *(reinterpret_cast<std::size_t*>(block) - 1) = before(alignment);
    return block;
  }
  static void* below(const void* block) {
    const std::size_t offset = *(static_cast<const std::size_t*>(block) - 1);
    return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) - offset);
  }
  static void demand_alive(const void* block) {
    if (mark(block) != Mark::live) __builtin_trap();
  }
  static void give(void* block) {
    demand_alive(block);
    mark(block) = Mark::dead;
    __libc_free(below(block));
  }
  static std::size_t usable(const void* block) {
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(block) - reinterpret_cast<std::uintptr_t>(below(block));
    return LibcHeap::usable(below(block)) - offset;
  }
  static bool resize(void*, std::size_t) { return false; }
};

struct Broken : Family<Broken, Faulty> {
  static void* realloc(void* block, std::size_t size) {
    if (block == nullptr) return malloc(size);
    Faulty::demand_alive(block);
    Faulty::mark(block) = Faulty::Mark::dead;
    void* const moved = malloc(size);
    if (moved == nullptr) return nullptr;
    const std::size_t old = Faulty::usable(block);
    std::memcpy(moved, block, old < size ? old : size);
    __libc_free(Faulty::below(block));
    return moved;
  }
};

#include "harness/contract/testing/exports.hpp"
