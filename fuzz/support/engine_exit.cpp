// libFuzzer ends a process that hangs, is out of memory or is interrupted by _Exit(), with no callback before
// it. An engine is linked statically, so the _Exit() that it finds is this one.
#include <cstdlib>

#include <unistd.h>

#include "fuzz/support/last_words.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"

extern "C" void _Exit(int status) noexcept {
  using poolhammer::fuzz::number;
  using poolhammer::fuzz::Status;
  // After an interrupt the running input is innocent: somebody has seen enough.
  if (status == 0 || status == number(Status::libfuzzer_interrupted)) {
    poolhammer::fuzz::write_tally();
  } else {
    poolhammer::fuzz::speak_last_words();
  }
  _exit(status);
}
