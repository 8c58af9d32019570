#pragma once

#include <cstddef>
#include <optional>

#include "harness/report/finding.hpp"
#include "harness/run/run_options.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

/// Does nothing, for a debugger to stop at: a run calls it before the step that RunOptions::stop_at names.
extern "C" void poolhammer_stop();

namespace poolhammer {

struct Verdict {
  std::optional<Finding> finding;  ///< the first; the run stops there
  RunStatistics statistics;
};

/// Runs `trace` on `subject`, which it resets first, and judges every step. A pure function of its arguments
/// for a deterministic subject.
[[nodiscard]] Verdict run(const Trace& trace, Subject& subject, const RunOptions& options = {});

}  // namespace poolhammer
