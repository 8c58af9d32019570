#include "harness/contract/testing/forgetful.hpp"

/// The library writes into usable bytes of the block before, behind those that were asked for.
struct Broken : Forgetful {
  static constexpr std::size_t slack = 16;
  static void* malloc(std::size_t size) {
    // Among threads another might free the block meanwhile.
    if (size < 100 || size > 1000 || gettid() != getpid()) return Sound::malloc(size);
    void* const block = Sound::malloc(size + slack);
    void* const other = remembered.exchange(block);
    if (other != nullptr) {
      auto* const bytes = static_cast<unsigned char*>(other);
      bytes[Sound::malloc_usable_size(other) - 1] ^= 0xffU;
    }
    return block;
  }
};

#include "harness/contract/testing/exports.hpp"
