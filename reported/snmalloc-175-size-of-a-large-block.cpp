// Report: https://github.com/microsoft/snmalloc/issues/175
// Allocator: snmalloc, May 2020
// Fault: The size of a large block counts as the next power of two, though memory is there for what was
//   asked for alone.
// Breaks: usable, realloc, program.survives, blocks, realloc.keeps, threads, usable.writable,
//   shadow.disjoint, shadow.contents, shadow.kept, shadow.handed-over, shadow.owned-memory, crash, hang,
//   shadow.usable-size
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static std::size_t usable(const void* block) {
    const Span* const of = span_of(block);
    const std::size_t real = Slabs::usable(block);
    if (of->slot != 0) return real;
    std::size_t power = page;
    while (power < real) power *= 2;
    return power;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
