// The allocators that a user added: the layout that a trace names chooses among several.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"

namespace {

using namespace poolhammer;

/// Each made at the first input, alive as long as the process; run() resets it.
[[nodiscard]] std::vector<std::unique_ptr<Subject>> make_all() {
  std::vector<std::unique_ptr<Subject>> made;
  for (const std::string& name : adapted_subjects()) {
    try {
      made.push_back(make_subject(name));
    } catch (const std::exception& error) {
      fmt::print(stderr, "poolhammer: {} cannot be set up: {}\n", name, error.what());
      _exit(3);
    }
  }
  if (made.empty()) {
    fmt::print(stderr, "poolhammer: no allocator is registered: expected a static poolhammer::Adapted\n");
    _exit(2);
  }
  return made;
}

[[nodiscard]] Subject& subject_of(LayoutId layout) {
  static const std::vector<std::unique_ptr<Subject>> subjects = make_all();
  Subject& subject = *subjects[static_cast<std::size_t>(layout) % subjects.size()];
  fuzz::crash_report_settings().replay_options = fmt::format("--subject {}", subject.name());
  return subject;
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(allocator)(const Trace& trace) {
  const Verdict verdict = run(trace, subject_of(trace.layout), {});
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report(*verdict.finding);
}
