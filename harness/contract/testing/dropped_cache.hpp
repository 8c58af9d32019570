#pragma once

#include <pthread.h>

#include "harness/contract/testing/sound.hpp"

/// An allocator with a cache for each thread that calls malloc, dropped by a destructor of the thread's data.
/// What a broken one does with a cache that is gone is its own.
struct DroppedCache : Sound {
  static inline pthread_key_t caches = 0;
  static inline thread_local bool is_gone = false;

  static void drop(void* /*cache*/) { is_gone = true; }
  [[gnu::constructor]] static void make_key() { pthread_key_create(&caches, drop); }

  /// Has the thread's cache dropped at its end.
  static void keep_cache() {
    if (!is_gone) pthread_setspecific(caches, &caches);
  }
};
