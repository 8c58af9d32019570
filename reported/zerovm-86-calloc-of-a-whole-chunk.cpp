// Report: https://github.com/zerovm/zerovm/issues/86
// Allocator: dlmalloc in ZeroVM, October 2012
// Fault: calloc does not clear a block that fills a chunk of its own, though such chunks are used again.
// Breaks: calloc.zero, shadow.zeroed
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static inline Span* kept = nullptr;

  static void* take_mapped(std::size_t alignment, std::size_t size) {
    {
      const Guard<HeapLock> guard;
      Span* const found = kept;
      if (found != nullptr && alignment <= page && found->count - found->first >= size &&
          size >= found->count / 2) {
        kept = nullptr;
        return reinterpret_cast<std::byte*>(found) + found->first;
      }
    }
    return Slabs::take_mapped(alignment, size);
  }
  static void give_mapped(Span* of) {
    {
      const Guard<HeapLock> guard;
      if (of->first == page) std::swap(of, kept);
    }
    if (of != nullptr) Slabs::give_mapped(of);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
