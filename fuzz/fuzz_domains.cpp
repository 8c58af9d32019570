// The memory system: three domains whose allocators are wrapped and unwrapped while blocks live, with and
// without the debug layer, which must accuse nobody. The layout that a trace names chooses the system; its
// pools are always those of modern.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "fuzz/support/last_words.hpp"
#include "fuzz/support/tally.hpp"
#include "fuzz/support/target.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"

namespace {

using namespace poolhammer;

constexpr std::array<std::string_view, 3> systems = {"system:pymalloc", "system:pymalloc_debug",
                                                     "system:malloc_debug"};

/// One subject of each, made when first asked for, alive as long as the process; run() resets it.
Subject& subject_of(LayoutId layout) {
  static std::array<std::unique_ptr<Subject>, systems.size()> subjects;
  const std::size_t number = layout == LayoutId::tiny ? 1 : static_cast<std::size_t>(layout);
  std::unique_ptr<Subject>& subject = subjects[number];
  if (!subject) {
    try {
      subject = make_subject(systems[number]);
    } catch (const std::runtime_error& error) {
      fmt::print(stderr, "poolhammer: this machine does not let {} be set up: {}\n", systems[number],
                 error.what());
      _exit(3);
    }
  }
  fuzz::last_words_settings().replay_options = fmt::format("--subject {}", systems[number]);
  return *subject;
}

}  // namespace

POOLHAMMER_FUZZ_TRACE_TARGET(domains)(const Trace& trace) {
  const Verdict verdict = run(trace, subject_of(trace.layout), {});
  fuzz::tally().operations += verdict.statistics.operations;
  if (verdict.finding) fuzz::report(*verdict.finding);
}
