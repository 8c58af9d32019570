#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "harness/oracles/finding.hpp"
#include "harness/run/run_options.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

/// Does nothing, for a debugger to stop at: a run calls it before the step that RunOptions::stop_at names.
extern "C" void poolhammer_stop();

namespace poolhammer {

/// How a debugger is started on the command line that follows, to stop there, and the last words of that
/// line, which the number of the step follows.
inline constexpr std::string_view debugger_words =
    "gdb -ex 'break poolhammer_stop' -ex run -ex finish --args ";
inline constexpr std::string_view stop_at_word = "--stop-at";

struct Verdict {
  std::optional<Finding> finding;  ///< the first; the run stops there
  RunStatistics statistics;
};

/// Runs `trace` on `subject`, which it resets first, and judges every step. A pure function of its arguments
/// for a deterministic subject.
[[nodiscard]] Verdict run(const Trace& trace, Subject& subject, const RunOptions& options = {});

/// The step that the process is running, for a crash handler: written before every step, with no locks.
struct RunningStep {
  const Trace* trace = nullptr;  ///< null while no trace runs
  std::size_t index = 0;         ///< the number of steps while draining
};
[[nodiscard]] const RunningStep& running_step() noexcept;

}  // namespace poolhammer
