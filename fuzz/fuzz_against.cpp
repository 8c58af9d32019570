// The home allocator beside CPython's own: every program is run on both in lockstep, and any difference in
// where a block lies, what is asked of the world below, or how pools and free lists look, is a finding.
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fuzz/support/crash_report.hpp"
#include "fuzz/support/features.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/run/against.hpp"
#include "harness/subjects/subject.hpp"

namespace {

using namespace poolhammer;

/// Both, made when first asked for, alive as long as the process; run_against() resets them.
struct Pair {
  Pair() try : home(make_subject("pymalloc:modern")), original(make_subject("cpython")) {
  } catch (const std::runtime_error& error) {
    fmt::print(stderr, "poolhammer: {}\n", error.what());
    _exit(fuzz::number(fuzz::Status::machine_lacks));
  }

  std::unique_ptr<Subject> home;
  std::unique_ptr<Subject> original;
};

}  // namespace

/// The layout that a program names is for other targets: this one has only one to compare.
POOLHAMMER_FUZZ_TRACE_TARGET(
    against, .about = "pymalloc beside CPython's own, which must do the same", .needs = {"libpython3.11"},
    .steered_by = {"edges", "states of the heap"}, .replay_options = [] {
      return std::vector<std::string>{"--subject pymalloc:modern --against cpython --placements"};
    })
(const Trace& trace) {
  static const Pair subjects;
  RunOptions options;
  options.after_last_step = [](const Subject& subject) { fuzz::note_states(LayoutId::modern, subject); };
  const Verdict verdict =
      run_against(trace, *subjects.home, *subjects.original, Compare::placements, options);
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report_of(subjects.home->name(), trace, *verdict.finding);
}
