// Report: https://github.com/jemalloc/jemalloc/issues/2019
// Allocator: jemalloc 5.1.0
// Fault: The locks of large extents are not held over a fork: a child may wait for one in free for ever.
// Breaks: fork, hang, program.survives
#include "reported/base/slabs.hpp"

#include "reported/base/family.hpp"

struct ExtentLock {
  static inline pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

  static void lock() { pthread_mutex_lock(&mutex); }
  static void unlock() { pthread_mutex_unlock(&mutex); }
};

struct Heap : Slabs<Heap> {
  static void give_mapped(Span* of) {
    const Guard<ExtentLock> guard;
    Slabs::give_mapped(of);
  }
  static void* take_mapped(std::size_t alignment, std::size_t size) {
    const Guard<ExtentLock> guard;
    return Slabs::take_mapped(alignment, size);
  }
};

struct Broken : Family<Broken, Heap> {};

#include "harness/contract/testing/exports.hpp"
