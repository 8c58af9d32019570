// libFuzzer ends a process that hangs, is out of memory or is interrupted by _Exit(), with no callback before
// it. An engine is linked statically, so the _Exit() that it finds is this one.
#include <cstdlib>

#include <unistd.h>

#include "fuzz/support/last_words.hpp"
#include "fuzz/support/tally.hpp"

namespace {

/// libFuzzer's status after SIGINT and SIGTERM: somebody has seen enough, the running input is innocent.
constexpr int interrupted_status = 72;

}  // namespace

extern "C" void _Exit(int status) noexcept {
  if (status == 0 || status == interrupted_status) {
    poolhammer::fuzz::write_tally();
  } else {
    poolhammer::fuzz::speak_last_words();
  }
  _exit(status);
}
