#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cli/judge.hpp"
#include "cli/options.hpp"
#include "cli/target.hpp"
#include "harness/run/forked_runner.hpp"

namespace poolhammer::cli {

/// A trial that runs longer is a hang, where the user does not say otherwise: most are over in milliseconds.
inline constexpr unsigned trial_seconds = 10;

/// Runs program after program on a subject and says what each shows, deaths of the process included: each
/// subject of this process is in a child.
class Trials {
 public:
  /// An empty `subject` is the home allocator of the layout that a program names. Throws as target_named()
  /// does. `options` must outlive this. `give_up` is asked when a signal comes; true ends the run without a
  /// finding.
  Trials(std::string subject, const JudgeOptions& options, std::function<bool()> give_up);

  /// What `trace` shows whenever it is run.
  [[nodiscard]] std::optional<Finding> run(const Trace& trace);

  [[nodiscard]] const std::string& subject() const { return subject_; }
  /// The name of the subject that runs `trace`.
  [[nodiscard]] std::string subject_for(const Trace& trace) const;
  /// The command that shows the finding of a file again; `more` are further words of it.
  [[nodiscard]] std::string command_for(const std::string& file, const Finding& finding,
                                        const std::string& more = "") const;

 private:
  struct Bench {
    std::unique_ptr<Target> target;
    std::unique_ptr<ForkedRunner> child;  ///< null: the target itself survives every death
  };
  [[nodiscard]] Bench& bench_for(const std::string& subject);

  std::string subject_;
  const JudgeOptions& options_;
  Judge judge_;
  RunOptions run_options_;
  std::function<bool()> give_up_;
  std::map<std::string, Bench> benches_;
};

}  // namespace poolhammer::cli
