#include "harness/contract/testing/sound.hpp"

/// A block that another thread frees is given out twice.
struct Broken : Sound {
  struct Last {
    void* block;
    pthread_t owner;
  };
  static inline thread_local void* own = nullptr;    // given last to this thread, by posix_memalign
  static inline std::atomic<void*> given = nullptr;  // the last of any thread
  static inline std::atomic<pthread_t> given_to = 0;
  static inline std::atomic<void*> twice = nullptr;  // freed by another, and kept
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    void* const again = twice;
    if (again != nullptr && alignment == 16 && size <= Sound::malloc_usable_size(again)) {
      *result = again;
      return 0;
    }
    const int status = Sound::posix_memalign(result, alignment, size);
    if (status == 0) {
      given = *result;
      given_to = pthread_self();
    }
    return status;
  }
  static void free(void* block) {
    if (block != nullptr && block == given && pthread_equal(given_to, pthread_self()) == 0) twice = block;
    if (block == nullptr || block != twice) Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
