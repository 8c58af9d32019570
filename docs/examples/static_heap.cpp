// A C library that keeps its state in variables.
#include "harness/subjects/adapt.hpp"
extern "C" {
#include "static_heap.h"
}

struct StaticHeap {
  void* allocate(std::size_t size) { return heap_take(size); }
  void deallocate(void* block) { heap_give(block); }
};
const poolhammer::Adapted<StaticHeap> registration("static-heap", "first fit in static memory");
