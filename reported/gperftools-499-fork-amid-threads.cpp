// Report: https://github.com/gperftools/gperftools/issues/499
// Allocator: gperftools 2.0
// Fault: A child that is forked while another thread holds the lock of the page heap waits for it for ever.
// Breaks: fork, hang, program.survives
#include "reported/base/family.hpp"
#include "reported/base/lock.hpp"

#include "reported/base/boundary_tag.hpp"

// No handler of fork takes it.
struct PageHeapLock {
  static inline pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

  static void lock() { pthread_mutex_lock(&mutex); }
  static void unlock() { pthread_mutex_unlock(&mutex); }
};

struct Heap : BoundaryTag<Heap, std::size_t{16} << 20U> {};

struct Broken : Family<Broken, Locked<Heap, PageHeapLock>> {};

#include "harness/contract/testing/exports.hpp"
