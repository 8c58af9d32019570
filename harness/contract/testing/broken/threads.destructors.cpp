#include <pthread.h>

#include "harness/contract/testing/sound.hpp"

namespace {

pthread_key_t caches;
thread_local bool has_cache = false;
thread_local bool cache_is_gone = false;

void drop_cache(void* /*cache*/) {
  cache_is_gone = true;
}

[[gnu::constructor]] void make_key() {
  pthread_key_create(&caches, drop_cache);
}

}  // namespace

/// A thread whose cache was dropped at its end gets nothing but small blocks.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    if (!has_cache) has_cache = pthread_setspecific(caches, &caches) == 0;
    return size > 256 && cache_is_gone ? refuse(ENOMEM) : Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
