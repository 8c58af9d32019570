// Report: https://github.com/kuszmaul/SuperMalloc/issues/16
// Allocator: SuperMalloc, November 2014
// Fault: A huge block with a large alignment has no entry in the table of chunks: free does not know it.
// Breaks: alignment, blocks, free, usable, new, delete, program.survives, realloc, threads, realloc.keeps,
//   usable.writable, shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory,
//   crash, hang, shadow.usable-size
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static constexpr std::size_t chunk = std::size_t{2} << 20U;
  static void* take_mapped(std::size_t alignment, std::size_t size) {
    void* const block = Slabs::take_mapped(alignment, size);
    if (block != nullptr && alignment >= chunk && size >= chunk) span_of(block)->mapped = nullptr;
    return block;
  }
  static void give_mapped(Span* of) {
    if (of->mapped == nullptr) __builtin_trap();
    Slabs::give_mapped(of);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
