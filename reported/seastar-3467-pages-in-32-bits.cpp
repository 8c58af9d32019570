// Report: https://github.com/scylladb/seastar/issues/3467
// Allocator: Seastar, June 2026
// Fault: The pages of a block with an alignment above a page are counted in 32 bits: a block of 16 TiB and a
//   page has one page.
// Breaks: usable, failure, blocks, shadow, new.fails, crash, program.survives
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct Heap : Slabs<Heap> {
  static void* take(std::size_t alignment, std::size_t size) {
    if (alignment <= page || size >> 63U != 0) return Slabs::take(alignment, size);
    const auto pages = static_cast<std::uint32_t>((size + page - 1) / page);
    return Slabs::take(alignment, std::size_t{pages} * page);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
