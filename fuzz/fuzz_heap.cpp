// The home allocator: a trace names its layout, every oracle judges every step, and what the heap has been
// through steers the engine.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

#include "fuzz/support/features.hpp"
#include "fuzz/support/limits.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"

namespace {

using namespace poolhammer;

/// One subject of each layout, made when first asked for, alive as long as the process; run() resets it.
Subject& subject_of(LayoutId layout) {
  static std::array<std::unique_ptr<Subject>, layouts> subjects;
  std::unique_ptr<Subject>& subject = subjects[static_cast<std::size_t>(layout)];
  if (!subject) {
    const std::string name = fmt::format("pymalloc:{}", word(layout));
    try {
      subject = make_subject(name);
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "poolhammer: this machine does not let {} be set up: {}\n", name, error.what());
      _exit(fuzz::number(fuzz::Status::machine_lacks));
    }
  }
  return *subject;
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(heap, .about = "pymalloc, in every layout, judged by every oracle", .weight = 3,
                             .steered_by = {"edges", "states of the heap"})
(const Trace& trace) {
  RunOptions options;
  // Before the drain, which goes the same way through every pool and would hide what the program did by
  // itself.
  options.after_last_step = [&trace](const Subject& subject) { fuzz::note_states(trace.layout, subject); };
  Subject& subject = subject_of(trace.layout);
  const Verdict verdict = run(trace, subject, options);
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report_of(subject.name(), trace, *verdict.finding);
}
