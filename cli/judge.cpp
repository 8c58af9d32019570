#include "cli/judge.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/library/library.hpp"
#include "harness/run/against.hpp"

namespace poolhammer::cli {

Judge::Judge(const JudgeOptions& options)
    : words_(options.against.empty() ? "" : fmt::format(" against {}", options.against)),
      placements_(options.placements) {
  // Libraries are compared in processes of their own: see target.cpp.
  if (library::names_library(options.against)) return;
  // Another instance, so that a subject can be compared with one of its own kind.
  if (!options.against.empty()) second_ = subject_named(options.against, "--against", 1);
}

void Judge::demand_comparable(Subject& subject) const {
  if (!placements_ || second_ == nullptr) return;
  if (const auto reason = placements_not_comparable(subject, *second_))
    throw UsageError(fmt::format("--placements: {}", *reason));
}

Verdict Judge::judge(const Trace& trace, Subject& subject, const RunOptions& options) const {
  if (second_ == nullptr) return poolhammer::run(trace, subject, options);
  return run_against(trace, subject, *second_, placements_ ? Compare::placements : Compare::meaning, options);
}

}  // namespace poolhammer::cli
