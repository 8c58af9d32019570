#pragma once

#include <pthread.h>

#include <cstddef>

/// One lock for a heap, free in a child that was forked while another thread held it.
struct HeapLock {
  static inline pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

  static void lock() { pthread_mutex_lock(&mutex); }
  static void unlock() { pthread_mutex_unlock(&mutex); }
  [[gnu::constructor]] static void prepare() { pthread_atfork(lock, unlock, unlock); }
};

template <class Lock>
struct Guard {
  Guard() { Lock::lock(); }
  ~Guard() { Lock::unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
};

/// A heap for several threads of one that knows none.
template <class Heap, class Lock = HeapLock>
struct Locked {
  static void* take(std::size_t alignment, std::size_t size) {
    const Guard<Lock> guard;
    return Heap::take(alignment, size);
  }
  static void give(void* block) {
    const Guard<Lock> guard;
    Heap::give(block);
  }
  static bool resize(void* block, std::size_t size) {
    const Guard<Lock> guard;
    return Heap::resize(block, size);
  }
  static std::size_t usable(const void* block) { return Heap::usable(block); }
  static bool zero(const void* block) { return Heap::zero(block); }
};
