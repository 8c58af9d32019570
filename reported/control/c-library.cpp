#include "reported/base/libc_heap.hpp"

/// Control: the C library's allocator behind the functions that the faults share.
struct Broken : Family<Broken, LibcHeap> {};

#include "harness/contract/testing/exports.hpp"
