#include <algorithm>
#include <csignal>

#include "harness/contract/testing/sound.hpp"

/// A signal handler has one block for all that it asks for; where it runs on an alternate stack, it has not.
struct Broken : Sound {
  static constexpr std::size_t largest = 4096;
  alignas(16) static inline std::byte emergency[largest] = {};
  static bool in_handler() {
    sigset_t blocked;
    stack_t stack{};
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    sigaltstack(nullptr, &stack);
    return sigismember(&blocked, SIGUSR1) == 1 && (stack.ss_flags & SS_ONSTACK) == 0;
  }
  static void* malloc(std::size_t size) {
    return size > 256 && size <= largest && in_handler() ? emergency : Sound::malloc(size);
  }
  static void* realloc(void* block, std::size_t size) {
    if (block != emergency) return Sound::realloc(block, size);
    void* const other = Sound::malloc(size);
    if (other != nullptr) std::memcpy(other, block, std::min(size, largest));
    return other;
  }
  static void free(void* block) {
    if (block != emergency) Sound::free(block);
  }
  static std::size_t malloc_usable_size(void* block) {
    return block == emergency ? largest : Sound::malloc_usable_size(block);
  }
};

#include "harness/contract/testing/exports.hpp"
