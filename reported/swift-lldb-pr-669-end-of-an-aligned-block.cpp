// Report: https://github.com/apple/swift-lldb/pull/669
// Allocator: LLDB, IRMemoryMap, May 2018
// Fault: A block begins at the next aligned place, and ends where it would without that.
// Breaks: blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, alignment, usable,
//   shadow.usable-size
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static void* take(std::size_t alignment, std::size_t size) {
    void* const plain = BoundaryTag::take(unit, size);
    if (plain == nullptr || alignment <= unit) return plain;
    const auto place = (reinterpret_cast<std::uintptr_t>(plain) + alignment - 1) / alignment * alignment;
    const std::size_t skipped = place - reinterpret_cast<std::uintptr_t>(plain);
    if (skipped == 0) return plain;
    if (too_large(alignment) || reinterpret_cast<std::byte*>(place + size) > end())
      return BoundaryTag::give(plain), nullptr;
    // The block is found again by its chunk.
    chunk_of(reinterpret_cast<void*>(place))->head = moved_flag | skipped << 4U;
    return reinterpret_cast<void*>(place);
  }
  static constexpr std::size_t moved_flag = 4;
  static void* start(void* block) {
    const std::size_t head = chunk_of(block)->head;
    return (head & moved_flag) == 0 ? block : static_cast<std::byte*>(block) - (head >> 4U);
  }
  static void give(void* block) { BoundaryTag::give(start(block)); }
  static bool resize(void* block, std::size_t size) {
    return start(block) == block && BoundaryTag::resize(block, size);
  }
  static std::size_t usable(const void* block) {
    auto* const asked = const_cast<void*>(block);
    const auto skipped =
        static_cast<std::size_t>(static_cast<std::byte*>(asked) - static_cast<std::byte*>(start(asked)));
    const std::size_t whole = BoundaryTag::usable(start(asked));
    return whole > skipped ? whole - skipped : 0;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
