#include <algorithm>

#include "allocator/arena_source.hpp"
#include "allocator/heap.hpp"
#include "allocator/layout.hpp"
#include "allocator/raw_allocator.hpp"
#include "bench/allocator_under_test.hpp"

namespace poolhammer::bench {
namespace {

// A translation unit of its own: without link-time optimisation nothing of it is inlined into the loops.
pymalloc::OsArenaSource source;
pymalloc::LibcRaw raw;

template <pymalloc::Layout L>
struct Home {
  // One heap for the process, as CPython has: its address is known when the code is compiled.
  static inline pymalloc::Heap<L, pymalloc::OsArenaSource> heap{source, raw};

  static void* malloc(std::size_t size) { return heap.malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) { return heap.calloc(count, size); }
  static void* realloc(void* block, std::size_t size) { return heap.realloc(block, size); }
  static void free(void* block) { heap.free(block); }
};

template <pymalloc::Layout L>
AllocatorUnderTest home() {
  return {std::string(L::name), Home<L>::malloc, Home<L>::calloc, Home<L>::realloc, Home<L>::free};
}

}  // namespace

std::vector<AllocatorUnderTest> home_allocators() {
  std::vector<AllocatorUnderTest> all;
  pymalloc::Layouts::each([&all]<pymalloc::Layout L>() {
    if constexpr (L::of_cpython) all.push_back(home<L>());
  });
  std::ranges::reverse(all);  // the latest first
  return all;
}

}  // namespace poolhammer::bench
