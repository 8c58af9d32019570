// libFuzzer ends a process that hangs, is out of memory or is interrupted by _Exit(), with no callback before
// it. An engine is linked statically, so the _Exit() that it finds is this one.
#include <cstdlib>

#include <unistd.h>

#include <string_view>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"

namespace {

using poolhammer::fuzz::number;
using poolhammer::fuzz::Status;

[[nodiscard]] std::string_view oracle_for(int status) {
  if (status == number(Status::libfuzzer_hang)) return "hang";
  return status == number(Status::libfuzzer_memory) ? "memory" : "crash";
}

}  // namespace

extern "C" void _Exit(int status) noexcept {
  // After an interrupt the running input is innocent: somebody has seen enough.
  if (status == 0 || status == number(Status::libfuzzer_interrupted)) {
    poolhammer::fuzz::write_tally();
    status = poolhammer::fuzz::final_status(status);
  } else {
    poolhammer::fuzz::report_crash(
        {.finding = {}, .signal = 0, .oracle = oracle_for(status), .engine_knows = true});
  }
  _exit(status);
}
