#include "harness/contract/testing/sound.hpp"

/// Recycled memory is not cleared behind its first 64 bytes, where elements are counted. The C library's own
/// books, whose elements have 16 bytes, are cleared: no thread could be started.
struct Broken : Sound {
  static void* calloc(std::size_t count, std::size_t size) {
    if (count < 2 || size == 0 || size == 16 || size > 100'000 / count) return Sound::calloc(count, size);
    void* const block = Sound::malloc(count * size);
    if (block != nullptr) std::memset(block, 0, count * size < 64 ? count * size : 64);
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
