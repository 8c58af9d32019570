#include "harness/contract/reduce.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/contract/testing/findings/breaks.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

using F = Function;
using std::chrono::seconds;

/// Performs the program with the library broken so, judged by that oracle, and reduces it.
[[nodiscard]] Reduction reduced(Function function, const Program& program, const std::string& oracle,
                                std::vector<Trace> before = {}, const ReduceOptions& options = {}) {
  library::LibraryRunner runner = runner_on(breaker(), seconds(5));
  BrokenPromise broken;
  broken.function = function;
  broken.trace.operations = program;
  broken.options = directed({oracle}, true);
  for (const Trace& trace : before) (void)runner.perform(trace, broken.options);
  const auto performed = runner.perform(broken.trace, broken.options);
  broken.before = std::move(before);
  EXPECT_TRUE(performed.verdict.finding);
  if (performed.verdict.finding) broken.finding = *performed.verdict.finding;
  if (broken.finding.oracle == "crash") broken.death = performed.death;
  return reduce(runner, broken, options);
}

[[nodiscard]] std::string steps(const Reduction& reduction) {
  std::string text;
  for (const Operation& operation : reduction.trace.operations) text += to_text(operation) + "\n";
  return text;
}

/// Blocks of all sizes, as a clause may have them on the way.
[[nodiscard]] Program noise() {
  Program program;
  for (std::uint32_t slot = 10; slot < 30; ++slot) {
    program.push_back(allocation(slot, F::malloc, slot));
    program.push_back({OperationKind::fill, slot});
    if (slot % 3 == 0) program.push_back(freeing(slot));
  }
  return program;
}

[[nodiscard]] Program behind_noise(const Program& more) {
  Program program = noise();
  program.insert(program.end(), more.begin(), more.end());
  return program;
}

TEST(Reduction, LeavesTheFewestStepsAndTheSimplestSizeThatBreaks) {
  const Breaks broken("misalign");
  const Reduction reduction =
      reduced(F::malloc, behind_noise({allocation(3, F::malloc, 5000)}), "shadow.alignment");
  EXPECT_EQ(steps(reduction), "b0 = malloc(72)\n");
  EXPECT_TRUE(reduction.repeatable());
  EXPECT_TRUE(reduction.at_rest);
  EXPECT_EQ(reduction.finding.operation_index, 0U);
}

TEST(Reduction, KeepsTheFunctionThatThePromiseWasTriedWith) {
  const Breaks broken("dirty");
  const Reduction reduction =
      reduced(F::calloc, behind_noise({allocation_of(3, F::calloc, 1, 5000)}), "shadow.zeroed");
  EXPECT_THAT(steps(reduction), testing::MatchesRegex("b0 = calloc\\(1, [0-9]+\\)\n"));
}

TEST(Reduction, IsTheSameEachTime) {
  const Breaks broken("scribble");
  const Program program = behind_noise({allocation(0, F::malloc, 100), allocation(1, F::malloc, 101),
                                        allocation(2, F::malloc, 102), act(OperationKind::check)});
  const Reduction one = reduced(F::malloc, program, "shadow.contents");
  const Reduction other = reduced(F::malloc, program, "shadow.contents");
  EXPECT_EQ(one.trace, other.trace);
  EXPECT_EQ(one.candidates, other.candidates);
  EXPECT_LE(one.trace.operations.size(), 3U) << steps(one);
}

TEST(Reduction, OfADeathDiesAlike) {
  const Breaks broken("crash");
  const Reduction reduction =
      reduced(F::malloc, behind_noise({allocation(3, F::malloc, 5000)}), "shadow.contents");
  EXPECT_EQ(reduction.trace.operations.size(), 1U) << steps(reduction);
  EXPECT_FALSE(reduction.death.empty());
}

TEST(Reduction, WritesToTheBlocksWhereItDiesOfThatAlone) {
  const Breaks broken("crash at contents");
  const Reduction reduction =
      reduced(F::malloc, behind_noise({allocation(3, F::malloc, 5000), freeing(3)}), "shadow.contents");
  EXPECT_THAT(steps(reduction), testing::MatchesRegex("b0 = malloc\\([0-9]+\\)\n"));
  EXPECT_FALSE(reduction.death.empty());
  EXPECT_TRUE(reduction.repeatable());
}

TEST(Reduction, MakesSureOfTheLeastSoFarWhereTheTimeForShrinkingIsOver) {
  const Breaks broken("crash");
  const Program program = behind_noise({allocation(3, F::malloc, 5000)});
  std::uint64_t asked = 0;
  const Reduction reduction =
      reduced(F::malloc, program, "shadow.contents", {}, {.enough = [&asked] { return ++asked > 3; }});
  EXPECT_GT(reduction.trace.operations.size(), 1U);
  EXPECT_LT(reduction.trace.operations.size(), program.size());
  EXPECT_FALSE(reduction.at_rest);
  EXPECT_TRUE(reduction.repeatable());
  EXPECT_EQ(reduction.runs, 3U);
}

TEST(Reduction, TakesInTheProgramsBeforeWhereTheProgramAloneIsSound) {
  const Breaks broken("call 20");
  const std::vector<Trace> before(19, {LayoutId::classic, {allocation(0, F::malloc, 333)}});
  const Reduction reduction = reduced(F::malloc, {allocation(0, F::malloc, 333)}, "shadow.contents", before);
  EXPECT_TRUE(reduction.alone);
  const auto calls = std::ranges::count_if(
      reduction.trace.operations, [](const Operation& operation) { return operation.kind == F::malloc; });
  EXPECT_EQ(calls, 20) << steps(reduction);
}

TEST(Reduction, SaysWhereNoFreshProcessShowsIt) {
  const Breaks nothing("nothing");
  library::LibraryRunner runner = runner_on(breaker(), seconds(5));
  BrokenPromise broken;
  broken.trace.operations = {allocation(0, F::malloc, 24)};
  broken.finding.oracle = "shadow.alignment";
  const Reduction reduction = reduce(runner, broken);
  EXPECT_FALSE(reduction.alone);
  EXPECT_FALSE(reduction.repeatable());
  EXPECT_EQ(reduction.trace, broken.trace);
}

}  // namespace
}  // namespace poolhammer::contract
