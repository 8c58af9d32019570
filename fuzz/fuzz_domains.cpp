// The memory system: three domains whose allocators are wrapped and unwrapped while blocks live, with and
// without the debug layer, which must name every misuse and accuse nobody else. The layout that a trace names
// chooses the system; its pools are always those of modern.
#include <fmt/format.h>
#include <unistd.h>

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
#include "harness/subjects/system.hpp"

namespace {

using namespace poolhammer;

[[nodiscard]] std::string replay_options(std::string_view system) {
  return fmt::format("--subject {}", system);
}

[[nodiscard]] std::vector<std::string> all_replay_options() {
  std::vector<std::string> all;
  for (const std::string_view system : system_subjects()) all.push_back(replay_options(system));
  return all;
}

/// Hooks, misuses and ways to ask: all systems have the same.
[[nodiscard]] Breadth own_operations_of_systems() {
  return {.functions = {}, .own = own_operations_of(system_subjects().front())};
}

/// One subject of each, made when first asked for, alive as long as the process; run() resets it.
Subject& subject_of(LayoutId layout) {
  static const std::vector<std::string_view> systems = system_subjects();
  static std::vector<std::unique_ptr<Subject>> subjects(systems.size());
  const std::size_t number =
      (layout == LayoutId::tiny ? 1 : static_cast<std::size_t>(layout)) % systems.size();
  std::unique_ptr<Subject>& subject = subjects[number];
  if (!subject) {
    try {
      subject = make_subject(systems[number]);
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "poolhammer: this machine does not let {} be set up: {}\n", systems[number],
                 error.what());
      _exit(fuzz::number(fuzz::Status::machine_lacks));
    }
  }
  fuzz::crash_report_settings().replay_options = replay_options(systems[number]);
  return *subject;
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(domains, .about = "the memory system: three domains, hooks and the debug layer",
                             .replay_options = &all_replay_options, .breadth = &own_operations_of_systems)
(const Trace& trace) {
  Subject& subject = subject_of(trace.layout);
  const Verdict verdict = run(trace, subject, {});
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report_of(subject.name(), trace, *verdict.finding);
}
