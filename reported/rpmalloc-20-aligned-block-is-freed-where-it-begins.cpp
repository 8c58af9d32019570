// Report: https://github.com/mjansson/rpmalloc/issues/20
// Allocator: rpmalloc 1.1
// Fault: An aligned block goes to the free list by its own address, not by that of the memory around it.
// Breaks: usable, blocks, realloc.keeps, threads, usable.writable, program.survives, shadow.disjoint,
//   shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang, shadow.usable-size
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  // An aligned block may begin inside a larger slot.
  static std::size_t distance(const void* block) {
    const Span* const of = span_of(block);
    if (of->slot == 0) return 0;
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(block) -
                                                 reinterpret_cast<const std::byte*>(of));
    return (offset - of->first) % of->slot;
  }
  static void* start(const void* block) {
    return const_cast<std::byte*>(static_cast<const std::byte*>(block)) - distance(block);
  }

  static void* take(std::size_t alignment, std::size_t size) {
    if (alignment <= unit || alignment > page || size > largest - alignment)
      return Slabs::take(alignment, size);
    auto* const slot = static_cast<std::byte*>(Slabs::take(unit, size + alignment));
    if (slot == nullptr) return nullptr;
    const auto place = reinterpret_cast<std::uintptr_t>(slot);
    return slot + ((place + alignment - 1) / alignment * alignment - place);
  }
  static void give(void* block) { Slabs::give(block); }
  static std::size_t usable(const void* block) { return Slabs::usable(start(block)) - distance(block); }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
