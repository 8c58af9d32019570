#pragma once

#include "harness/contract/testing/tells_usable.hpp"

/// The C library, with a few freed blocks kept by each thread but the first one, which are gone when it ends,
/// as long as Derived::loses() holds as it frees its first.
template <class Derived>
struct LosesCaches : TellsUsable {
  struct Cache {
    static constexpr int most = 16;
    void* blocks[most];  // NOLINT(modernize-avoid-c-arrays): no destructor, and no call of one
    int count;
    bool asked, kept;
  };
  [[gnu::tls_model("initial-exec")]] static inline thread_local Cache cache{};

  static void* malloc(std::size_t size) {
    for (int index = 0; index < cache.count; ++index) {
      void* const block = cache.blocks[index];
      if (malloc_usable_size(block) < size || malloc_usable_size(block) > 2 * size + 16) continue;
      cache.blocks[index] = cache.blocks[--cache.count];
      return block;
    }
    return __libc_malloc(size);
  }
  static void free(void* block) {
    if (!cache.asked) {
      cache.asked = true;
      cache.kept = gettid() != getpid() && Derived::loses();
    }
    const int error = errno;
    const bool keeps =
        cache.kept && block != nullptr && cache.count < Cache::most && malloc_usable_size(block) <= 2 * page;
    errno = error;
    if (keeps)
      cache.blocks[cache.count++] = block;
    else
      Sound::free(block);
  }
};
