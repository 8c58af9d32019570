#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>

#include "harness/report/finding.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

/// A program for a subject that is no home subject.
struct CanaryProgram {
  Trace trace;
  std::string subject;

  [[nodiscard]] Program program() const { return {trace, subject}; }
};

void showValue(const CanaryProgram& value, std::ostream& out) {
  showValue(value.trace, out);
}

void survives(const std::string& subject) {
  const auto values = rc::gen::map(programs(LayoutId::tiny), [subject](Trace&& trace) {
    return CanaryProgram{std::move(trace), subject};
  });
  holds(values, [](const CanaryProgram& value) -> Outcome {
    const auto crashing = make_subject(value.subject);
    const Verdict verdict = run(value.trace, *crashing, run_options());
    return verdict.finding ? Outcome(to_string(*verdict.finding)) : std::nullopt;
  });
}

// All of these are to fail: see properties/support/canary_test.cpp.

TEST(Canary, Aborts) {
  survives("canary:abort");
}

TEST(Canary, WritesBehindABlock) {
  survives("canary:overflow");
}

TEST(Canary, FailsWithoutDying) {
  holds(programs(LayoutId::tiny), [](const Trace& trace) -> Outcome {
    const auto frees = std::count_if(trace.operations.begin(), trace.operations.end(),
                                     [](const Operation& o) { return o.kind == OperationKind::free; });
    return frees < 2 ? std::nullopt : Outcome("two frees");
  });
}

// Each value alone holds; together, in one process, they do not.
TEST(Canary, DiesOnlyAsALongStory) {
  holds(programs(LayoutId::tiny), [](const Trace&) -> Outcome {
    static int calls = 0;
    if (++calls == 3) std::abort();
    return std::nullopt;
  });
}

}  // namespace
}  // namespace poolhammer
