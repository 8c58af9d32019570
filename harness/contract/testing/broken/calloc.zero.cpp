#include "harness/contract/testing/sound.hpp"

/// Recycled memory is not cleared behind its first 64 bytes.
struct Broken : Sound {
  static void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) return refuse(ENOMEM);
    void* const block = Sound::malloc(bytes);
    if (block != nullptr) std::memset(block, 0, bytes > 100'000 ? bytes : bytes < 64 ? bytes : 64);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
