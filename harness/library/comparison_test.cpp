#include "harness/library/comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/library/testing.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::library {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

[[nodiscard]] Comparison compared(const Trace& trace, const std::string& subject, const std::string& other) {
  LibraryRunner left = runner_on(subject);
  LibraryRunner right = runner_on(other);
  return compare(trace, left, right, {});
}

constexpr OperationKind malloc_kind = OperationKind::malloc;

TEST(Comparison, OfALibraryWithItselfFindsNothing) {
  const Comparison result =
      compared(generate(1, {1000, LayoutId::classic}), "lib:libc.so.6", "lib:libc.so.6");
  EXPECT_FALSE(result.judgement.verdict.finding);
  EXPECT_EQ(result.zero_answers, 0U);
  EXPECT_EQ(result.usable_sizes, 0U);
  EXPECT_EQ(result.judgement.verdict.statistics.operations, 1000U);
}

TEST(Comparison, TellsTheFirstRefusalOfOneAlone) {
  const Trace trace = {LayoutId::classic,
                       {{malloc_kind, 0, 0, 24}, {malloc_kind, 1, 0, 5200}, {malloc_kind, 2, 0, 5500}}};
  const Comparison result = compared(trace, broken("refuses"), broken("sound"));
  ASSERT_TRUE(result.judgement.verdict.finding);
  EXPECT_EQ(result.judgement.verdict.finding->oracle, "against.answer");
  EXPECT_EQ(result.judgement.verdict.finding->operation_index, 1U);
  EXPECT_THAT(result.judgement.verdict.finding->expected, StartsWith("a block from lib:"));
  EXPECT_THAT(result.judgement.verdict.finding->found, StartsWith("NULL from lib:"));
}

TEST(Comparison, SetsAnswersToRequestsOfNothingAside) {
  // Behind a request of 0 bytes, slot 0 is as empty on the one as on the other.
  const Trace trace = {LayoutId::classic,
                       {{malloc_kind, 0, 0, 0},
                        {malloc_kind, 0, 0, 8},
                        {OperationKind::calloc, 1, 0, 5},
                        {OperationKind::calloc, 1, 3, 5}}};
  const Comparison result = compared(trace, broken("refuses_nothing"), broken("sound"));
  EXPECT_FALSE(result.judgement.verdict.finding);
  EXPECT_EQ(result.zero_answers, 2U);
  EXPECT_EQ(result.judgement.verdict.statistics.skipped, 0U);
  EXPECT_THAT(result.judgement.remark, HasSubstr("2 answers to requests of 0 bytes, 0 usable sizes"));
}

TEST(Comparison, TellsWhatOneAloneDoesWrongWithItsName) {
  const Trace trace = generate(1, {1000, LayoutId::classic});
  const Comparison mine = compared(trace, broken("crashes"), broken("sound"));
  const Comparison others = compared(trace, broken("sound"), broken("crashes"));
  ASSERT_TRUE(mine.judgement.verdict.finding && others.judgement.verdict.finding);
  EXPECT_EQ(mine.judgement.verdict.finding->oracle, "crash");
  EXPECT_EQ(mine.judgement.verdict.finding->where, broken("crashes"));
  EXPECT_EQ(others.judgement.verdict.finding->where, broken("crashes"));
}

TEST(Comparison, LooksAgainInFreshProcesses) {
  LibraryRunner late = runner_on(broken("crashes_late"));
  LibraryRunner sound = runner_on(broken("sound"));
  Comparison result;
  for (std::uint64_t seed = 1; seed <= 20 && !result.judgement.verdict.finding; ++seed)
    result = compare(generate(seed, {1000, LayoutId::classic}), late, sound, {});
  ASSERT_TRUE(result.judgement.verdict.finding);
  EXPECT_FALSE(result.judgement.shows_again);
  EXPECT_THAT(result.judgement.remark, StartsWith("it did not show again in fresh processes"));
}

[[nodiscard]] Trace large_blocks() {
  Trace trace;
  for (std::uint32_t slot = 0; slot < 64; ++slot)
    trace.operations.push_back({malloc_kind, slot, 0, 1U << 16U});
  return trace;
}

TEST(Measure, SeesWhatAProgramTouchesAndWhatIsNotGivenBack) {
  constexpr std::uint64_t asked = 64U << 16U;
  LibraryRunner sound = runner_on("lib:libc.so.6");
  LibraryRunner leaking = runner_on(broken("leaks"));
  const auto mine = measure_median(large_blocks(), sound, {}, 3);
  const auto others = measure_median(large_blocks(), leaking, {}, 3);
  ASSERT_FALSE(mine.finding || others.finding);
  EXPECT_EQ(mine.cost.operations, 64U);
  EXPECT_GT(mine.cost.time.count(), 0);
  EXPECT_GE(mine.cost.peak_resident, asked);
  EXPECT_LT(mine.cost.peak_resident, 2 * asked);
  EXPECT_LT(mine.cost.resident_after, asked / 2);
  EXPECT_GE(others.cost.resident_after, asked);
}

TEST(Measure, SkipsWhatARunSkips) {
  Trace trace = large_blocks();
  trace.operations.push_back({malloc_kind, 0, 0, 8});            // its slot holds a block
  trace.operations.push_back({malloc_kind, 100, 0, 1U << 30U});  // over the limit
  RunOptions options;
  options.memory_limit = std::uint64_t{64} << 20U;
  LibraryRunner runner = runner_on("lib:libc.so.6");
  EXPECT_EQ(runner.measure(trace, options).cost.operations, 64U);
}

TEST(Measure, TellsADeath) {
  LibraryRunner runner = runner_on(broken("crashes"));
  const auto measured = measure_median(generate(1, {1000, LayoutId::classic}), runner, {}, 3);
  ASSERT_TRUE(measured.finding);
  EXPECT_EQ(measured.finding->oracle, "crash");
}

}  // namespace
}  // namespace poolhammer::library
