#include <pthread.h>

#include <atomic>

#include "preload/testing/client.hpp"

// A library of the client's: it is ready before the preloaded one, so that its handlers, which prepare a fork
// in the opposite order, run when that one has prepared already.

namespace poolhammer::preload::testing {
namespace {

std::atomic<int> calls{0};

void on_fork() {
  allocates_a_little();
  ++calls;
}

[[gnu::constructor]] void attach() {
  pthread_atfork(on_fork, on_fork, on_fork);
}

}  // namespace

int early_handlers_run() {
  return calls;
}

}  // namespace poolhammer::preload::testing
