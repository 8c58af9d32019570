#include "harness/contract/testing/sound.hpp"

/// In threads other than the first, calloc of 1 to 4 KiB leaves the last bytes as they are.
struct Broken : Sound {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    const bool fits = !__builtin_mul_overflow(count, size, &bytes);
    if (!fits || bytes <= 1024 || bytes >= page || gettid() == getpid()) return Sound::calloc(count, size);
    void* const block = Sound::malloc(bytes);
    if (block != nullptr) std::memset(block, 0, bytes - 8);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
