#include "harness/run/forked_runner.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "harness/testing/trace_of.hpp"

namespace poolhammer {
namespace {

/// Does what the sizes of a program's operations say: 6 kills the process, 7 hangs, 8 finds something.
[[nodiscard]] std::optional<Finding> obey(const Trace& trace, std::atomic<std::uint64_t>& step) {
  for (std::size_t i = 0; i < trace.operations.size(); ++i) {
    step.store(i);
    const std::uint64_t size = trace.operations[i].size;
    if (size == 6) std::raise(SIGKILL);
    while (size == 7) pause();
    if (size == 8) return Finding{"oracle", i, "step", "where \xff", "expected", std::to_string(getpid())};
  }
  return std::nullopt;
}

TEST(ForkedRunner, TellsWhatTheRunFinds) {
  ForkedRunner runner(&obey, {});
  EXPECT_FALSE(runner.run(trace_of("b0 = malloc(1)\n")));
  const auto finding = runner.run(trace_of("b0 = malloc(1)\nb1 = malloc(8)\n"));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "oracle");
  EXPECT_EQ(finding->operation_index, 1U);
  EXPECT_EQ(finding->expected, "expected");
  EXPECT_NE(finding->found, std::to_string(getpid()));
}

TEST(ForkedRunner, TakesADeathForAFindingAtItsStepAndGoesOn) {
  ForkedRunner runner(&obey, {});
  const auto finding = runner.run(trace_of("b0 = malloc(1)\nb1 = malloc(6)\nb2 = malloc(1)\n"));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "crash");
  EXPECT_EQ(finding->operation_index, 1U);
  EXPECT_EQ(finding->operation, "b1 = malloc(6)");
  EXPECT_EQ(finding->found, "died by signal 9 (Killed)");
  EXPECT_FALSE(runner.run(trace_of("b0 = malloc(1)\n")));
  EXPECT_EQ(runner.children(), 2U);
}

TEST(ForkedRunner, EndsARunThatHangs) {
  ForkedRunner runner(&obey, {.time = std::chrono::milliseconds(50), .give_up = {}});
  const auto finding = runner.run(trace_of("b0 = malloc(7)\n"));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "hang");
  EXPECT_EQ(finding->operation_index, 0U);
}

TEST(ForkedRunner, KeepsItsChildWhereNothingWasFound) {
  ForkedRunner fresh(&obey, {});
  ForkedRunner kept(&obey, {.fresh_after_finding = false, .give_up = {}});
  for (ForkedRunner* const runner : {&fresh, &kept}) {
    EXPECT_FALSE(runner->run(trace_of("b0 = malloc(1)\n")));
    EXPECT_TRUE(runner->run(trace_of("b0 = malloc(8)\n")));
    EXPECT_FALSE(runner->run(trace_of("b0 = malloc(1)\n")));
  }
  EXPECT_EQ(fresh.children(), 2U);
  EXPECT_EQ(kept.children(), 1U);
}

TEST(ForkedRunner, CarriesAProgramOfManyOperations) {
  Trace trace;
  trace.operations.assign(200'000, {OperationKind::malloc, 0, 0, 1});
  trace.operations.push_back({OperationKind::malloc, 1, 0, 8});
  ForkedRunner runner(&obey, {});
  const auto finding = runner.run(trace);
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->operation_index, 200'000U);
}

}  // namespace
}  // namespace poolhammer
