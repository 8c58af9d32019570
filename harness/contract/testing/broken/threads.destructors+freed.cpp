#include <pthread.h>

#include "harness/contract/testing/sound.hpp"

namespace {

pthread_key_t caches;
thread_local void* last_freed = nullptr;
thread_local bool cache_is_gone = false;

void drop_cache(void* /*cache*/) {
  cache_is_gone = true;
}

[[gnu::constructor]] void make_key() {
  pthread_key_create(&caches, drop_cache);
}

}  // namespace

/// A block that is freed when the thread's cache was dropped goes into it all the same: it is given again and
/// again.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    pthread_setspecific(caches, &caches);
    if (!cache_is_gone || last_freed == nullptr || size > 256) return Sound::malloc(size);
    return last_freed;
  }
  static void free(void* block) {
    if (cache_is_gone) last_freed = block;
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
