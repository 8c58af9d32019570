#include <sys/mman.h>

#include "harness/contract/testing/forgetful.hpp"

/// Of the addresses of a block of over 4 GiB only what 32 bits of its size say go back.
struct Broken : Forgetful {
  static constexpr std::size_t four_gib = std::size_t{1} << 32U;
  static inline std::atomic<std::size_t> size_of_large = 0;

  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (block != nullptr && size > four_gib && size < 16 * four_gib) {
      remembered = block;
      size_of_large = size;
    }
    return block;
  }
  static void free(void* block) {
    if (block == nullptr || block != remembered) return Sound::free(block);
    const int error = errno;
    forget(block);
    char* const begin = static_cast<char*>(block) - 16;
    munmap(begin, (size_of_large % four_gib + page) / page * page);
    errno = error;
  }
};

#include "harness/contract/testing/exports.hpp"
