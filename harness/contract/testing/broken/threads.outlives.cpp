#include "harness/contract/testing/sound.hpp"

/// What a thread allocated is gone when it ends.
struct Broken : Sound {
  // A key's destructor runs when the thread ends, and writes into the last block that the thread was given.
  static inline pthread_key_t key = 0;
  static inline std::atomic<bool> made = false;
  static void spoil(void* block) { *static_cast<unsigned char*>(block) = 0xee; }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const int status = Sound::posix_memalign(result, alignment, size);
    if (!made.exchange(true)) pthread_key_create(&key, spoil);
    if (status == 0 && gettid() != getpid()) pthread_setspecific(key, *result);
    return status;
  }
  static void free(void* block) {
    if (made && block != nullptr && pthread_getspecific(key) == block) pthread_setspecific(key, nullptr);
    Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
