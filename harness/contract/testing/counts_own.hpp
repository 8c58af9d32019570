#pragma once

#include "harness/contract/testing/tells_usable.hpp"

/// The C library, where each thread counts the small blocks that it took and did not free. A thread without
/// any that frees one frees another's: then Derived::loses() says whether it is lost.
template <class Derived>
struct CountsOwn : TellsUsable {
  static constexpr std::size_t small = 2 * page;
  [[gnu::tls_model("initial-exec")]] static inline thread_local long own = 0;
  static inline pthread_t first = pthread_self();  ///< which loads the library
  static inline std::atomic<long> all = 0;         ///< of all threads but the first

  static bool is_first() { return pthread_equal(pthread_self(), first) != 0; }
  static void* malloc(std::size_t size) {
    void* const block = Sound::malloc(size);
    if (block == nullptr || malloc_usable_size(block) > small) return block;
    ++own;
    if (!is_first()) ++all;
    return block;
  }
  static void free(void* block) {
    if (block == nullptr) return;
    const bool counted = malloc_usable_size(block) <= small;
    const bool lost = counted && own == 0 && Derived::loses();
    if (counted && own > 0) --own;
    if (counted && (!is_first() || own == 0)) --all;
    if (!lost) Sound::free(block);
  }
};
