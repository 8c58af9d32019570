#include "harness/contract/reduce.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/contract/lawful.hpp"
#include "harness/contract/testing/findings/breaks.hpp"

namespace poolhammer::contract {
namespace {

using F = Function;

/// Performs `probe` with the library broken so, and reduces it.
[[nodiscard]] Reduction reduced(Function function, const Probe& probe, std::span<const Probe> before = {}) {
  Prober prober(breaker());
  Prober control(target_named("libc"));
  std::vector<Probe> all(before.begin(), before.end());
  all.push_back(probe);
  const Outcome outcome = prober.run(all).back();
  EXPECT_NE(outcome.result, Result::held);
  return reduce(prober, &control,
                {.function = function, .probe = probe, .outcome = outcome, .before = before});
}

/// Blocks of all sizes and what is written into them, as a clause may have them on the way.
[[nodiscard]] Probe noise() {
  Probe probe;
  for (std::uint16_t slot = 10; slot < 30; ++slot) {
    probe.push_back(call(slot, F::malloc, slot));
    probe.push_back(fill(slot));
    if (slot % 3 == 0) probe.push_back(release(slot));
  }
  return probe;
}

TEST(Reduction, LeavesTheFewestStepsAndTheSmallestPowerOfTwoThatBreaks) {
  const Breaks broken("misalign");
  Probe probe = noise();
  probe.push_back(call(3, F::malloc, 5000));
  probe.push_back(expect(Expect::aligned, 3, 16));
  const Reduction reduction = reduced(F::malloc, probe);
  const Probe least = {call(0, F::malloc, 128), expect(Expect::aligned, 0, 16)};
  EXPECT_EQ(reduction.probe, least) << to_string(reduction.probe);
  EXPECT_TRUE(reduction.repeatable());
  EXPECT_EQ(reduction.outcome.step, 1U);
}

TEST(Reduction, FindsTheEdgeWhereNoPowerOfTwoBreaks) {
  const Breaks broken("misalign");
  const Probe probe = {call(0, F::malloc, 100), expect(Expect::aligned, 0, 16)};
  const Probe least = {call(0, F::malloc, 71), expect(Expect::aligned, 0, 16)};
  EXPECT_EQ(reduced(F::malloc, probe).probe, least);
}

TEST(Reduction, AsksForNoMoreZerosThanItsBlockHas) {
  const Breaks broken("dirty");
  Probe probe = noise();
  probe.push_back(call(3, F::calloc, 1, 5000));
  probe.push_back(expect(Expect::zero, 3, 0, 5000));
  const Probe least = {call(0, F::calloc, 1, 64), expect(Expect::zero, 0, 0, 64)};
  EXPECT_EQ(reduced(F::calloc, probe).probe, least);
}

TEST(Reduction, IsTheSameEachTime) {
  const Breaks broken("scribble");
  Probe probe = noise();
  for (std::uint16_t slot = 0; slot < 4; ++slot) {
    probe.push_back(call(slot, F::malloc, 100U + slot));
    probe.push_back(fill(slot));
  }
  probe.push_back(expect(Expect::all_kept));
  const Reduction one = reduced(F::malloc, probe);
  const Reduction other = reduced(F::malloc, probe);
  EXPECT_EQ(one.probe, other.probe);
  EXPECT_EQ(one.candidates, other.candidates);
  EXPECT_EQ(one.probe.size(), 4U) << to_string(one.probe);
}

TEST(Reduction, OfADeathDiesAlike) {
  const Breaks broken("crash");
  Probe probe = noise();
  probe.push_back(call(3, F::malloc, 5000));
  const Reduction reduction = reduced(F::malloc, probe);
  EXPECT_EQ(reduction.probe, Probe{call(0, F::malloc, 1024)}) << to_string(reduction.probe);
  EXPECT_EQ(reduction.outcome.result, Result::died);
}

TEST(Reduction, TakesInTheProbesBeforeWhereTheProbeAloneIsSound) {
  const Breaks broken("call 20");
  const std::vector<Probe> before(19, Probe{call(0, F::malloc, 333)});
  const Reduction reduction = reduced(F::malloc, {call(0, F::malloc, 333)}, before);
  EXPECT_TRUE(reduction.alone);
  const auto calls = std::count_if(reduction.probe.begin(), reduction.probe.end(), [](const Step& step) {
    return step.function == F::malloc && step.verb == Verb::call;
  });
  EXPECT_EQ(calls, 20) << to_string(reduction.probe);
}

TEST(Reduction, SaysWhereNoFreshProcessShowsIt) {
  const Breaks nothing("nothing");
  Prober prober(breaker());
  const Probe probe = {call(0, F::malloc, 24), expect(Expect::not_null)};
  Outcome outcome;
  outcome.result = Result::broken;
  outcome.step = 1;
  const Reduction reduction =
      reduce(prober, nullptr, {.function = F::malloc, .probe = probe, .outcome = outcome});
  EXPECT_FALSE(reduction.alone);
  EXPECT_FALSE(reduction.repeatable());
  EXPECT_EQ(reduction.probe, probe);
}

TEST(Reduction, KeepsTheRestOfARoundThatBreaks) {
  const Probe probe = {plain(Verb::repeat, 3),   call(0, F::malloc, 24), expect(Expect::not_null), release(0),
                       plain(Verb::repeat_ends), call(1, F::malloc, 8)};
  const Probe part(probe.begin(), probe.end() - 1);
  EXPECT_EQ(up_to(probe, 2), part);
}

TEST(Reduction, EndsAChildThatBreaks) {
  const Probe probe = {plain(Verb::fork), call(0, F::malloc, 24), expect(Expect::not_null), release(0),
                       plain(Verb::child_ends)};
  const Probe part = {plain(Verb::fork), call(0, F::malloc, 24), expect(Expect::not_null),
                      plain(Verb::child_ends)};
  EXPECT_EQ(up_to(probe, 2), part);
}

TEST(Lawful, RefusesToExpectMoreAlignmentThanASmallBlockIsOwed) {
  const Probe original = {call(0, F::malloc, 24), expect(Expect::aligned, 0, 16)};
  EXPECT_TRUE(lawful({call(0, F::malloc, 16), expect(Expect::aligned, 0, 16)}, original));
  EXPECT_FALSE(lawful({call(0, F::malloc, 8), expect(Expect::aligned, 0, 16)}, original));
}

TEST(Lawful, RefusesToExpectAFailureOfARequestThatMaySucceed) {
  const std::uint64_t huge = ~std::uint64_t{0};
  const Probe original = {call(0, F::malloc, 8), call(1, F::malloc, huge), expect(Expect::null)};
  EXPECT_TRUE(lawful({call(1, F::malloc, huge), expect(Expect::null)}, original));
  EXPECT_FALSE(lawful({call(1, F::malloc, 8), expect(Expect::null)}, original));
  EXPECT_FALSE(lawful({call(0, F::malloc, 8), expect(Expect::null)}, original));
}

TEST(Lawful, RefusesToExpectAnErrorThatWasNotSet) {
  const Probe original = {call(0, F::malloc, 8), plain(Verb::set_errno, 33), release(0),
                          expect(Expect::error, no_slot, 33)};
  EXPECT_TRUE(lawful(original, original));
  EXPECT_FALSE(lawful({call(0, F::malloc, 8), release(0), expect(Expect::error, no_slot, 33)}, original));
  EXPECT_FALSE(
      lawful({plain(Verb::set_errno, 33), release(0), expect(Expect::error, no_slot, 33)}, original));
}

TEST(Lawful, RefusesOtherNumbersUnderALimit) {
  const Probe original = {plain(Verb::limit_memory, 1 << 20U), call(0, F::malloc, 8 << 20U),
                          expect(Expect::null)};
  EXPECT_FALSE(
      lawful({plain(Verb::limit_memory, 1 << 20U), call(0, F::malloc, 8), expect(Expect::null)}, original));
  EXPECT_FALSE(lawful({call(0, F::malloc, 8 << 20U), expect(Expect::null)}, original));
}

}  // namespace
}  // namespace poolhammer::contract
