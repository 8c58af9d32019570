// Report: https://github.com/cloudius-systems/osv/issues/1304
// Allocator: OSv, March 2024
// Fault: A block of more than 2 MiB is aligned to a page, whatever alignment was asked for.
// Breaks: alignment, shadow.alignment
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void* take_mapped(std::size_t alignment, std::size_t size) {
    return Slabs::take_mapped(size > std::size_t{2} << 20U && alignment > page ? page : alignment, size);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
