// The allocators that a user added: the layout that a trace names chooses among several.
#include <fmt/format.h>
#include <unistd.h>

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

[[nodiscard]] std::vector<std::string> all_replay_options() {
  std::vector<std::string> all;
  for (const std::string& subject : adapted_subjects()) all.push_back(replay_options(subject));
  return all;
}

/// Each made at the first input, alive as long as the process; run() resets it.
[[nodiscard]] std::vector<std::unique_ptr<Subject>> make_all() {
  std::vector<std::unique_ptr<Subject>> made;
  for (const std::string& name : adapted_subjects()) {
    try {
      made.push_back(make_subject(name));
    } catch (const std::exception& error) {
      fmt::print(stderr, "poolhammer: {} cannot be set up: {}\n", name, error.what());
      _exit(fuzz::number(fuzz::Status::machine_lacks));
    }
  }
  if (made.empty()) {
    fmt::print(stderr, "poolhammer: no allocator is registered: expected a static poolhammer::Adapted\n");
    _exit(fuzz::number(fuzz::Status::bad_usage));
  }
  return made;
}

/// Of several allocators mutations know the operations of the one that has most; the others take what of
/// these they have under the same numbers.
[[nodiscard]] Breadth own_operations_of_all() {
  Breadth breadth;
  for (const std::string& name : adapted_subjects()) {
    const auto own = own_operations_of(name);
    if (own.size() > breadth.own.size()) breadth.own = own;
  }
  return breadth;
}

[[nodiscard]] Subject& subject_of(LayoutId layout) {
  static const std::vector<std::unique_ptr<Subject>> subjects = make_all();
  Subject& subject = *subjects[static_cast<std::size_t>(layout) % subjects.size()];
  fuzz::crash_report_settings().replay_options = replay_options(subject.name());
  return subject;
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(allocator, .about = "the allocators that a user added",
                             .replay_options = &all_replay_options, .breadth = &own_operations_of_all)
(const Trace& trace) {
  Subject& subject = subject_of(trace.layout);
  const Verdict verdict = run(trace, subject, {});
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report_of(subject.name(), trace, *verdict.finding);
}
