// Report: https://github.com/cloudius-systems/osv/issues/1077
// Allocator: OSv, March 2020
// Fault: The usable size of a large block counts the page with its header, too.
// Breaks: usable, realloc, blocks, program.survives, shadow, crash
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static std::size_t usable(const void* block) {
    const Span* const of = span_of(block);
    return of->slot != 0 ? of->slot : of->count;
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
