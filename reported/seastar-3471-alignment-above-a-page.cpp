// Report: https://github.com/scylladb/seastar/issues/3471
// Allocator: Seastar, June 2026
// Fault: An alignment above a page and above the size is no more than the power of two that holds the size.
// Breaks: alignment, shadow.alignment
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void* take(std::size_t alignment, std::size_t size) {
    std::size_t natural = page;
    while (natural < size && natural < alignment) natural *= 2;
    return Slabs::take(alignment > page && natural < alignment ? natural : alignment, size);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
