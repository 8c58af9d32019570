// libFuzzer ends a process that hangs, is out of memory or is interrupted by _Exit(), with no callback before
// it. An engine is linked statically, so the _Exit() that it finds is this one.
#include <cstdlib>

#include <unistd.h>

#include <string_view>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/tally.hpp"

namespace {

// libFuzzer's statuses.
constexpr int hang_status = 70;
constexpr int memory_status = 71;
/// After SIGINT and SIGTERM: somebody has seen enough, the running input is innocent.
constexpr int interrupted_status = 72;

[[nodiscard]] std::string_view oracle_for(int status) {
  if (status == hang_status) return "hang";
  return status == memory_status ? "memory" : "crash";
}

}  // namespace

extern "C" void _Exit(int status) noexcept {
  if (status == 0 || status == interrupted_status) {
    poolhammer::fuzz::write_tally();
  } else {
    poolhammer::fuzz::report_crash(
        {.finding = {}, .signal = 0, .oracle = oracle_for(status), .engine_knows = true});
  }
  _exit(status);
}
