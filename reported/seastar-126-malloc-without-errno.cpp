// Report: https://github.com/scylladb/seastar/issues/126
// Allocator: Seastar, March 2016
// Fault: malloc and its kin set errno for nothing.
// Breaks: failure.errno, failure.errno-gnu, exhaustion.errno
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap, std::size_t{16} << 20U> {};

struct Broken : Family<Broken, Locked<Heap>> {
  static void* memalign(std::size_t alignment, std::size_t size) {
    const int error = errno;
    void* const block = Family::memalign(alignment, size);
    errno = error;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
