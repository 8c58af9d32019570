#include "harness/contract/testing/sound.hpp"

/// Refuses every 97th request, whatever it asks for: no standard says that a request is met because another
/// one was.
struct Broken : Sound {
  static inline std::atomic<unsigned> requests = 0;
  static bool refuses() { return ++requests % 97 == 0; }

  static void* malloc(std::size_t size) { return refuses() ? refuse(ENOMEM) : Sound::malloc(size); }
  static void* calloc(std::size_t count, std::size_t size) {
    return refuses() ? refuse(ENOMEM) : Sound::calloc(count, size);
  }
  static void* realloc(void* block, std::size_t size) {
    return refuses() ? refuse(ENOMEM) : Sound::realloc(block, size);
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const bool valid = power_of_two(alignment) && alignment % sizeof(void*) == 0;
    return valid && refuses() ? ENOMEM : Sound::posix_memalign(result, alignment, size);
  }
};

#include "harness/contract/testing/exports.hpp"
