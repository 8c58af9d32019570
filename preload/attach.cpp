#include <pthread.h>

#include "preload/home.hpp"

// The heap works from the first request on; what follows waits until the C library is ready for it.

namespace {

using namespace poolhammer;

[[gnu::constructor]] void attach() noexcept {
  preload::configure(preload::read_settings());
  // Of all handlers that prepare a fork, those that are registered first run last: a handler of the program's
  // can still allocate.
  pthread_atfork(&preload::before_fork, &preload::after_fork_in_parent, &preload::after_fork_in_child);
}

[[gnu::destructor]] void detach() noexcept {
  preload::finish();
}

}  // namespace
