#include "harness/contract/testing/sound.hpp"

/// A third live block of 48 to 64 bytes lies in the one before it.
struct Broken : Sound {
  static inline unsigned char* last = nullptr;
  static inline std::atomic<int> taken = 0;
  static void* malloc(std::size_t size) {
    if (size < 200 || size > 216) return Sound::malloc(size);
    if (++taken % 8 == 0 && last != nullptr) return last + 32;
    last = static_cast<unsigned char*>(Sound::malloc(512));
    return last;
  }
};

#include "harness/contract/testing/exports.hpp"
