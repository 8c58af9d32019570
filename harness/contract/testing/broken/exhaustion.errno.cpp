#include "harness/contract/testing/sound.hpp"

/// Where the system gives no more memory, errno tells of something else.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (block == nullptr && size < 10'000'000) errno = EAGAIN;
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
