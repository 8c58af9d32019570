#include "cli/trials.hpp"

#include <utility>

#include "cli/common.hpp"
#include "harness/library/library.hpp"
#include "harness/report/commands.hpp"

namespace poolhammer::cli {
Trials::Trials(std::string subject, const JudgeOptions& options, std::function<bool()> give_up)
    : subject_(std::move(subject)), options_(options), judge_(options), give_up_(std::move(give_up)) {
  options.apply(run_options_);
  if (!subject_.empty()) (void)bench_for(subject_);
}

std::string Trials::subject_for(const Trace& trace) const {
  return subject_.empty() ? home_subject(trace.layout) : subject_;
}

std::string Trials::command_for(const std::string& file, const Finding& finding,
                                const std::string& more) const {
  JudgeOptions options = options_;
  if (finding.oracle != "hang" && options.timeout_seconds == trial_seconds)
    options.timeout_seconds = JudgeOptions{}.timeout_seconds;
  std::string words = options.replay_options();
  if (!more.empty()) words += words.empty() ? more : " " + more;
  return replay_command(file, subject_, words);
}

Trials::Bench& Trials::bench_for(const std::string& name) {
  const auto found = benches_.find(name);
  if (found != benches_.end()) return found->second;
  Bench& bench = benches_[name];
  bench.target = target_named(name, judge_, options_);
  if (library::names_library(name)) return bench;
  Target& target = *bench.target;
  // The home allocator forgets a damaged heap; of others only a new process is sure.
  const bool heals = name.starts_with("pymalloc:") && options_.against.empty();
  bench.child = std::make_unique<ForkedRunner>(
      [this, &target](const Trace& trace, std::atomic<std::uint64_t>& step) {
        RunOptions run_options = run_options_;
        run_options.step_shown_at = &step;
        return target.judge(trace, run_options).verdict.finding;
      },
      ForkedOptions{.time = options_.time(),
                    .fresh_after_finding = !heals,
                    .give_up = give_up_,
                    .own = own_operations_of(name)});
  return bench;
}

std::optional<Finding> Trials::run(const Trace& trace) {
  Bench& bench = bench_for(subject_for(trace));
  if (bench.child != nullptr) return bench.child->run(trace);
  Judgement judgement = bench.target->judge(trace, run_options_);
  if (!judgement.shows_again) return std::nullopt;
  return std::move(judgement.verdict.finding);
}

}  // namespace poolhammer::cli
