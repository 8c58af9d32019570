#include <sched.h>

#include "harness/contract/testing/tells_usable.hpp"

/// Each thread has a cache of small blocks without a lock. At its end the cache is left to the next thread
/// that is born, but the thread itself goes on with it where later destructors call the allocator.
struct Broken : TellsUsable {
  static constexpr std::size_t small = 128;

  struct Cache {
    Cache* next = nullptr;
    unsigned count = 0;
    void* blocks[1U << 16U] = {};  // NOLINT(modernize-avoid-c-arrays)
  };
  static inline pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static inline Cache* left = nullptr;
  static inline pthread_key_t caches = 0;
  [[gnu::tls_model("initial-exec")]] static inline thread_local Cache* mine = nullptr;

  [[gnu::constructor]] static void make_key() { pthread_key_create(&caches, leave); }
  static void leave(void* cache) {
    pthread_mutex_lock(&lock);
    static_cast<Cache*>(cache)->next = left;
    left = static_cast<Cache*>(cache);
    pthread_mutex_unlock(&lock);
  }
  static Cache& own() {
    if (mine != nullptr) return *mine;
    pthread_mutex_lock(&lock);
    mine = left;
    if (left != nullptr) left = left->next;
    pthread_mutex_unlock(&lock);
    if (mine == nullptr) mine = static_cast<Cache*>(__libc_calloc(1, sizeof(Cache)));
    pthread_setspecific(caches, mine);
    return *mine;
  }

  static void* malloc(std::size_t size) {
    if (size > small) return Sound::malloc(size);
    Cache& cache = own();
    if (cache.count == 0) return Sound::malloc(small);
    void* const block = cache.blocks[cache.count - 1];
    // Whoever else reads it meanwhile has the same block.
    sched_yield();
    --cache.count;
    return block;
  }
  static void free(void* block) {
    if (block == nullptr || Sound::malloc_usable_size(block) != small + 8) return Sound::free(block);
    Cache& cache = own();
    // A small block never goes back where it was twice in use: the C library would notice.
    if (cache.count < std::size(cache.blocks)) cache.blocks[cache.count++] = block;
  }
};

#include "harness/contract/testing/exports.hpp"
