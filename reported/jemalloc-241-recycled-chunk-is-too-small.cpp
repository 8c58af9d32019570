// Report: https://github.com/jemalloc/jemalloc/issues/241
// Allocator: jemalloc 4 before its release
// Fault: A request above 2 GiB takes the chunk that was freed before without a look at its size.
// Breaks: usable, failure, blocks, realloc.keeps, threads, usable.writable, program.survives,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang,
//   shadow.usable-size, shadow.refusal
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static constexpr std::size_t chunk = std::size_t{2} << 20U;
  static inline Span* recycled = nullptr;

  static void* take_mapped(std::size_t alignment, std::size_t size) {
    constexpr std::size_t large = std::size_t{1} << 31U;
    if (alignment <= page && size >= chunk && !too_large(alignment, size)) {
      const Guard<HeapLock> guard;
      Span* const found = recycled;
      const bool enough = found != nullptr && (size > large || found->count - found->first >= size);
      if (enough) {
        recycled = nullptr;
        return reinterpret_cast<std::byte*>(found) + found->first;
      }
    }
    return Slabs::take_mapped(alignment, size);
  }
  static void give_mapped(Span* of) {
    if (of->first == page && of->count >= chunk) {
      const Guard<HeapLock> guard;
      std::swap(of, recycled);
    }
    if (of != nullptr) Slabs::give_mapped(of);
  }
  static bool zero(const void* block) { return Slabs::zero(block) && usable(block) < chunk; }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
