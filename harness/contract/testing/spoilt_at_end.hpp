#pragma once

#include <array>

#include "harness/contract/testing/forgetful.hpp"

/// A block of posix_memalign of at least so many bytes is spoilt when its thread ends: a key's destructor
/// runs then, and writes into the last block that the thread was given and that nobody freed.
template <std::size_t Least>
struct SpoiltAtEnd : Forgets<SpoiltAtEnd<Least>> {
  using Given = std::atomic<void*>;
  static inline std::array<Given, 64> given{};
  static inline std::atomic<std::size_t> threads = 0;
  static inline pthread_key_t key = 0;
  static inline std::atomic<bool> made = false;

  static void spoil(void* place) {
    if (void* const block = static_cast<Given*>(place)->exchange(nullptr); block != nullptr)
      *static_cast<unsigned char*>(block) = 0xee;
  }
  static int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
    const int status = Sound::posix_memalign(result, alignment, size);
    if (!made.exchange(true)) pthread_key_create(&key, spoil);
    if (status != 0 || size < Least || gettid() == getpid()) return status;
    auto* place = static_cast<Given*>(pthread_getspecific(key));
    if (place == nullptr) pthread_setspecific(key, place = &given[threads++ % given.size()]);
    *place = *result;
    return status;
  }
  static void forget(void* block) {
    for (Given& place : given) {
      void* freed = block;
      place.compare_exchange_strong(freed, nullptr);
    }
  }
};
