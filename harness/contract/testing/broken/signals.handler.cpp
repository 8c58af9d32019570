#include <csignal>

#include "harness/contract/testing/sound.hpp"

/// On an alternate stack it takes the process for one that is dying, and gives nothing but small blocks.
struct Broken : Sound {
  static void* malloc(std::size_t size) {
    stack_t stack{};
    sigaltstack(nullptr, &stack);
    return size > 256 && (stack.ss_flags & SS_ONSTACK) != 0 ? refuse(ENOMEM) : Sound::malloc(size);
  }
};

#include "harness/contract/testing/exports.hpp"
