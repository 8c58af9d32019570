// The allocators that a user added: each input runs on each of them, or on the one that POOLHAMMER_SUBJECT
// names.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"

namespace {

using namespace poolhammer;

[[nodiscard]] std::string replay_options(std::string_view subject) {
  return fmt::format("--subject {}", subject);
}

constexpr const char* choice_variable = "POOLHAMMER_SUBJECT";

[[noreturn]] void end_with(fuzz::Status status, std::string_view reason) {
  fmt::print(stderr, "poolhammer: {}\n", reason);
  _exit(fuzz::number(status));
}

/// The names of those that are hammered. Ends the process where there is none.
[[nodiscard]] std::vector<std::string> chosen_subjects() {
  std::vector<std::string> all = adapted_subjects();
  if (all.empty())
    end_with(fuzz::Status::bad_usage, "no allocator is registered: expected a static poolhammer::Adapted");
  const char* const value = std::getenv(choice_variable);
  if (value == nullptr || *value == '\0') return all;
  if (std::ranges::find(all, std::string_view(value)) == all.end())
    end_with(fuzz::Status::bad_usage, fmt::format("{}: no allocator '{}'; there are {}", choice_variable,
                                                  value, fmt::join(all, ", ")));
  return {value};
}

[[nodiscard]] std::vector<std::string> all_replay_options() {
  std::vector<std::string> all;
  for (const std::string& subject : chosen_subjects()) all.push_back(replay_options(subject));
  return all;
}

/// Each made at the first input, alive as long as the process; run() resets it.
[[nodiscard]] std::vector<std::unique_ptr<Subject>> make_chosen() {
  std::vector<std::unique_ptr<Subject>> made;
  for (const std::string& name : chosen_subjects()) {
    try {
      made.push_back(make_subject(name));
    } catch (const std::exception& error) {
      end_with(fuzz::Status::machine_lacks, fmt::format("{} cannot be set up: {}", name, error.what()));
    }
  }
  return made;
}

/// Of several allocators mutations know the operations of the one that has most; the others take what of
/// these they have under the same numbers.
[[nodiscard]] Breadth own_operations_of_chosen() {
  Breadth breadth;
  for (const std::string& name : chosen_subjects()) {
    const auto own = own_operations_of(name);
    if (own.size() > breadth.own.size()) breadth.own = own;
  }
  return breadth;
}

void hammer(Subject& subject, const Trace& trace) {
  fuzz::crash_report_settings().replay_options = replay_options(subject.name());
  const Verdict verdict = run(trace, subject, {});
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report_of(subject.name(), trace, *verdict.finding);
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(
    allocator, .about = "the allocators that a user added",
    .environment = {{"POOLHAMMER_SUBJECT", "the one that is hammered (default: all, one after the other)"}},
    .replay_options = &all_replay_options, .breadth = &own_operations_of_chosen)
(const Trace& trace) {
  static const std::vector<std::unique_ptr<Subject>> subjects = make_chosen();
  for (const std::unique_ptr<Subject>& subject : subjects) hammer(*subject, trace);
}
