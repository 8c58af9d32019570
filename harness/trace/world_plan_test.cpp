#include "harness/trace/world_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] Trace planned(const WorldPlan& plan, std::uint64_t seed = 1) {
  Random random(seed);
  Trace trace = generate(random, {.operations = 2000});
  apply(plan, trace, random);
  return trace;
}

[[nodiscard]] std::size_t count(const Trace& trace, OperationKind kind) {
  return static_cast<std::size_t>(std::count_if(trace.operations.begin(), trace.operations.end(),
                                                [kind](const Operation& o) { return o.kind == kind; }));
}

TEST(WorldPlan, WithoutAWishLeavesAProgramAsItIs) {
  Random random(1);
  EXPECT_EQ(planned({}), generate(random, {.operations = 2000}));
}

TEST(WorldPlan, PlacesEveryArenaAlike) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace =
        planned({.placement = pymalloc::Placement::adjacent, .failures = Failures::any}, seed);
    EXPECT_EQ(count(trace, OperationKind::place), 1U);
    EXPECT_EQ(trace.operations.front(), (Operation{OperationKind::place, 0, 0, 4}));
  }
}

TEST(WorldPlan, RefusesOnlyWhatItSays) {
  const auto refusals = [](Failures failures) {
    const Trace trace = planned({.placement = {}, .failures = failures});
    return std::pair(count(trace, OperationKind::fail_arenas) > 0, count(trace, OperationKind::fail_raw) > 0);
  };
  EXPECT_EQ(refusals(Failures::none), std::pair(false, false));
  EXPECT_EQ(refusals(Failures::arenas), std::pair(true, false));
  EXPECT_EQ(refusals(Failures::raw), std::pair(false, true));
  EXPECT_EQ(refusals(Failures::both), std::pair(true, true));
}

TEST(WorldPlan, IsKnownByItsWord) {
  EXPECT_EQ(failures_named("both"), Failures::both);
  EXPECT_EQ(failures_named("all"), std::nullopt);
}

}  // namespace
}  // namespace poolhammer
