// Report: https://github.com/contiki-ng/contiki-ng/pull/1463
// Allocator: Contiki-NG 4.6, HeapMem
// Fault: A size to which the header is added wraps: very large blocks seem to be given.
// Breaks: failure.null, overflow.null, new.fails, usable, blocks, shadow, crash, program.survives
#include "reported/base/boundary_tag.hpp"

#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

struct Heap : BoundaryTag<Heap> {
  static bool too_large(std::size_t size) {
    return size <= SIZE_MAX - header && BoundaryTag::too_large(size);
  }
  static std::size_t need(std::size_t size) {
    const std::size_t whole = (size + header + unit - 1) / unit * unit;
    return whole < least ? least : whole;
  }
};

struct Broken : Family<Broken, Locked<Heap>> {};

#include "harness/contract/testing/exports.hpp"
