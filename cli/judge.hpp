#pragma once

#include <memory>
#include <string>

#include "cli/options.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer::cli {

/// Judges runs as the options say: by the oracles, or beside a second subject that is taken to be right.
class Judge {
 public:
  /// Throws UsageError where --against names no subject.
  explicit Judge(const JudgeOptions& options);

  /// Throws UsageError where `subject` has no placements to compare and --placements asks for them.
  void demand_comparable(Subject& subject) const;
  [[nodiscard]] Verdict judge(const Trace& trace, Subject& subject, const RunOptions& options) const;

  /// " against cpython", or nothing.
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  std::string words_;
  std::unique_ptr<Subject> second_;  ///< null: the oracles
  bool placements_;
};

}  // namespace poolhammer::cli
