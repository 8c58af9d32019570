#include <sched.h>
#include <sys/single_threaded.h>

#include "harness/contract/testing/sound.hpp"

/// The lock of blocks of megabytes stays as it was when the process was forked.
struct Broken : Sound {
  static constexpr std::size_t large = std::size_t{2} << 20U;
  static inline std::atomic_flag lock;
  static void* malloc(std::size_t size) {
    if (size < large) return Sound::malloc(size);
    while (lock.test_and_set(std::memory_order_acquire)) sched_yield();
    // Others run meanwhile: many forks find it taken.
    if (__libc_single_threaded == 0) sched_yield();
    void* const block = Sound::malloc(size);
    lock.clear(std::memory_order_release);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
