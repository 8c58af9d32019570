#include "harness/contract/testing/sound.hpp"

/// A child's own threads, of whom nobody has heard, get no block of more than 256 bytes.
struct Broken : Sound {
  static inline std::atomic<pid_t> process = 0;
  static void* malloc(std::size_t size) {
    if (process == 0) process = getpid();
    const bool of_child = getpid() != process && gettid() != getpid();
    return of_child && size > 256 ? refuse(ENOMEM) : Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
