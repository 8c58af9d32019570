// Any library's allocator, from outside: it runs in a process of its own, the shadow heap judges every step
// there, and what can be seen of it steers the engine. POOLHAMMER_LIBRARY names it as `--subject lib:...`
// does (default: the C library).
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/library_states.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/base/format_error.hpp"
#include "harness/library/library.hpp"
#include "harness/library/library_runner.hpp"
#include "harness/report/commands.hpp"
#include "harness/trace/binary.hpp"

namespace {

using namespace poolhammer;

constexpr unsigned hang_seconds = 5;  // looked at three times, it is still below an engine's own limit
constexpr std::uint64_t memory_limit_mib = 64;

[[nodiscard]] std::string subject() {
  const char* const chosen = std::getenv("POOLHAMMER_LIBRARY");
  if (chosen == nullptr || *chosen == '\0') return "lib:libc.so.6";
  return library::names_library(chosen) ? chosen : std::string(library::prefix) + chosen;
}

[[nodiscard]] std::vector<std::string> replay_options() {
  return {fmt::format("--subject {} --memory-limit {} --timeout {}", shell_word(subject()), memory_limit_mib,
                      hang_seconds)};
}

/// The library's runner, made when first asked for, alive as long as the process.
[[nodiscard]] library::LibraryRunner& runner() {
  static std::optional<library::LibraryRunner> only;
  if (only) return *only;
  try {
    only.emplace(library::library_named(subject()),
                 library::LibraryOptions{.time = std::chrono::seconds(hang_seconds), .observe = true});
  } catch (const InputError& error) {
    fmt::print(stderr, "poolhammer: POOLHAMMER_LIBRARY: {}\n", error.what());
    _exit(fuzz::number(fuzz::Status::bad_usage));
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "poolhammer: {}\n", error.what());
    _exit(fuzz::number(fuzz::Status::machine_lacks));
  }
  return *only;
}

[[nodiscard]] Breadth breadth_of_library() {
  return runner().breadth(memory_limit_mib << 20U, true);
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(library, .about = "a library's allocator, from outside, in a process of its own",
                             .environment = {{"POOLHAMMER_LIBRARY",
                                              "the library: a path or a name (default: libc.so.6)"}},
                             .needs = {"worker"},
                             .steered_by = {"coverage of the library", "states of its answers"},
                             .replay_options = &replay_options, .breadth = &breadth_of_library)
(const Trace& trace) {
  RunOptions options;
  options.memory_limit = memory_limit_mib << 20U;
  const Judgement verdict = runner().run(trace, options);
  fuzz::note_library_states(runner().features(), runner().coverage());
  fuzz::tally().operations += verdict.verdict.statistics.operations;
  if (!verdict.verdict.finding) return;
  if (!verdict.remark.empty()) fmt::print(stderr, "poolhammer: {}\n", verdict.remark);
  const Trace& guilty = verdict.with_history ? *verdict.with_history : trace;
  const std::vector<std::byte> bytes = encode(guilty);
  const fuzz::RunningInput running(fuzz::InputForm::trace, bytes);
  fuzz::report_of(runner().name(), guilty, *verdict.verdict.finding);
}
