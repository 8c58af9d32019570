#include <sched.h>
#include <sys/single_threaded.h>

#include "harness/contract/testing/sound.hpp"

/// A lock of the allocator stays as it was when the process was forked.
struct Broken : Sound {
  static inline std::atomic_flag lock;
  static void* malloc(std::size_t size) {
    while (lock.test_and_set(std::memory_order_acquire)) sched_yield();
    // Others run meanwhile: most forks find it taken. Where there are none, it would wait for the rest of the
    // machine.
    if (__libc_single_threaded == 0) sched_yield();
    void* const block = Sound::malloc(size);
    lock.clear(std::memory_order_release);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
