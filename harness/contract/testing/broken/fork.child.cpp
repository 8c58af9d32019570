#include "harness/contract/testing/sound.hpp"

/// A child's first thread gets the blocks that its parent holds.
struct Broken : Sound {
  static inline std::atomic<void*> last = nullptr;
  static inline std::atomic<std::size_t> last_size = 0;
  static inline std::atomic<pid_t> process = 0;
  static void* malloc(std::size_t size) {
    if (process == 0) process = getpid();
    if (getpid() != process && gettid() == getpid() && size > 256 && size % 8 == 0 && size == last_size)
      return last;
    void* const block = Sound::malloc(size);
    last = block;
    last_size = size;
    return block;
  }
  static void free(void* block) {
    if (getpid() == process) Sound::free(block);
  }
};

#include "harness/contract/testing/exports.hpp"
