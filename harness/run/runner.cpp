#include "harness/run/runner.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "harness/report/running_step.hpp"
#include "harness/run/finding_at.hpp"
#include "harness/run/judged_subject.hpp"
#include "harness/trace/text.hpp"

__attribute__((noinline)) void poolhammer_stop() {
  // A call of an empty function would be left out.
  asm volatile("");
}

namespace poolhammer {
namespace {

class Run {
 public:
  Run(const Trace& trace, Subject& subject, const RunOptions& options)
      : trace_(trace), subject_(subject), options_(options), judged_(subject, options) {
    running_step() = {&trace, 0, subject.own_operations()};
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { running_step() = {}; }

  [[nodiscard]] Verdict judge() {
    for (std::size_t i = 0; i < trace_.operations.size(); ++i) {
      show(i);
      const Operation& operation = trace_.operations[i];
      std::optional<Complaint> complaint = judged_.perform(operation);
      if (!complaint && check_is_due(i + 1)) complaint = judged_.check();
      if (complaint) return found(i, to_text(operation, subject_.own_operations()), std::move(*complaint));
      if (options_.progress_every != 0 && (i + 1) % options_.progress_every == 0) options_.progress(i + 1);
    }
    show(trace_.operations.size());
    if (auto complaint = judged_.check_at_end()) return found_behind(finding_at_end, std::move(*complaint));
    if (options_.after_last_step) options_.after_last_step(subject_);
    if (options_.drain) {
      if (auto complaint = judged_.drain()) return found_behind(finding_at_drain, std::move(*complaint));
      const auto left = subject_.teardown();
      if (left && options_.oracles.shadow)
        return found_behind(finding_at_teardown, {"teardown", "", "everything given back", *left});
    }
    return {std::nullopt, judged_.statistics()};
  }

 private:
  void show(std::size_t step) {
    running_step().index = step;
    if (options_.step_shown_at != nullptr) options_.step_shown_at->store(step, std::memory_order_relaxed);
    if (step == options_.stop_at) poolhammer_stop();
  }

  [[nodiscard]] bool check_is_due(std::size_t done) const {
    return options_.check_every != 0 && done % options_.check_every == 0;
  }

  [[nodiscard]] Verdict found(std::size_t index, std::string operation, Complaint complaint) {
    return {finding_at(trace_, index, std::move(operation), std::move(complaint), subject_.own_operations()),
            judged_.statistics()};
  }

  [[nodiscard]] Verdict found_behind(std::string_view what, Complaint complaint) {
    return found(trace_.operations.size(), std::string(what), std::move(complaint));
  }

  const Trace& trace_;
  Subject& subject_;
  const RunOptions& options_;
  JudgedSubject judged_;
};

}  // namespace

Verdict run(const Trace& trace, Subject& subject, const RunOptions& options) {
  return Run(trace, subject, options).judge();
}

}  // namespace poolhammer
