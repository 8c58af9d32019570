#include "harness/trace/mutate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <set>

#include "harness/trace/binary.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/liveness.hpp"
#include "harness/trace/shape.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t mutations = 3000;

Trace some_trace(std::uint64_t seed) {
  return generate(seed, {seed % 40, static_cast<LayoutId>(seed % layouts)});
}

TEST(Mutate, RespectsTheLimitAndStaysCanonical) {
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    Trace trace = some_trace(seed);
    Random random(seed);
    const std::size_t limit = seed % 64;
    mutate(trace, random, limit);
    ASSERT_LE(trace.operations.size(), limit) << "seed " << seed;
    ASSERT_EQ(decode(encode(trace)), trace) << "seed " << seed;
    ASSERT_EQ(parse_binary(encode(trace)), trace) << "seed " << seed;
  }
}

TEST(Mutate, IsAFunctionOfTheTraceAndTheSeed) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Trace once = some_trace(seed);
    Trace again = once;
    Random random(seed);
    Random same(seed);
    mutate(once, random, 100);
    mutate(again, same, 100);
    ASSERT_EQ(once, again) << "seed " << seed;
  }
}

// Guards against an order of evaluation that compilers may choose: every build must print the same lines.
TEST(Mutate, MakesTheSameChangesWithEveryCompiler) {
  Trace trace;
  Random random(7);
  for (int i = 0; i < 12; ++i) mutate(trace, random, 8);
  EXPECT_EQ(to_text(trace),
            "poolhammer trace 2\n"
            "layout classic\n"
            "b11 = malloc(352)\n"
            "b1 = malloc(349)\n"
            "b2 = malloc(352)\n"
            "b4 = malloc(PTRDIFF_MAX + 6149)\n"
            "b6 = malloc(352)\n"
            "b15 = malloc(25)\n"
            "free(b12)\n"
            "b11 = realloc(b11, SIZE_MAX - 1)\n");
}

TEST(Mutate, GrowsATraceThatNamesADomainIntoOneOfEveryKindAndLayout) {
  const Trace first{LayoutId::classic, {{OperationKind::domain, 0, 0, 1}}};
  Trace trace;
  Random random(1);
  std::set<OperationKind> kinds;
  std::set<LayoutId> layouts_seen;
  for (int i = 0; i < 3000; ++i) {
    // A mutation may well take the domain away, and none brings one into a program without.
    if (i % 8 == 0) trace = first;
    mutate(trace, random, 50, full_breadth());
    layouts_seen.insert(trace.layout);
    for (const Operation& operation : trace.operations) kinds.insert(operation.kind);
  }
  // Of what a process of its own may be needed for, filling the allocator is worth a step to an engine.
  EXPECT_TRUE(kinds.contains(OperationKind::exhaust));
  EXPECT_TRUE(kinds.contains(OperationKind::release));
  EXPECT_EQ(kinds.size(), static_cast<std::size_t>(OperationKind::fill_usable) + 2);
  EXPECT_EQ(layouts_seen.size(), layouts);
}

TEST(Mutate, PutsWholeProgramsInPlaceWhereThereIsMuchToCombine) {
  Random random(1);
  std::uint64_t whole = 0;
  for (int i = 0; i < 200; ++i) {
    Trace trace{LayoutId::classic, {{OperationKind::malloc, 0, 0, 8}}};
    mutate(trace, random, 1000, full_breadth());
    if (trace.operations.size() > 100) ++whole;
  }
  EXPECT_GT(whole, 20U);
}

TEST(Mutate, ChangesMostTraces) {
  std::uint64_t changed = 0;
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    const Trace before = generate(seed, {30, LayoutId::tiny});
    Trace after = before;
    Random random(seed);
    mutate(after, random, 60);
    changed += after == before ? 0 : 1;
  }
  EXPECT_GT(changed, mutations * 8 / 10);
}

TEST(Mutate, SometimesFillsAWholeArenaWhereThereIsRoom) {
  const LayoutShape shape = shape_of(LayoutId::classic);
  std::uint64_t filled = 0;
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    Trace trace = {LayoutId::classic, {}};
    Random random(seed);
    mutate(trace, random, 1000);
    const auto allocations = std::ranges::count(trace.operations, OperationKind::malloc, &Operation::kind);
    filled += allocations >= static_cast<std::ptrdiff_t>(shape.arena_capacity(shape.largest)) ? 1 : 0;
  }
  EXPECT_GT(filled, mutations / 200);
}

TEST(Mutate, KeepsSlotsInsideTheFormatAtItsLastSlot) {
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    Trace trace = {
        LayoutId::tiny,
        {{OperationKind::malloc, slot_limit - 1, 0, 8}, {OperationKind::malloc, slot_limit - 2, 0, 8}}};
    Random random(seed);
    mutate(trace, random, 40);
    for (const Operation& operation : trace.operations)
      ASSERT_LT(operation.slot, slot_limit) << "seed " << seed;
  }
}

TEST(Crossover, JoinsABeginningOfOneAndAnEndOfTheOther) {
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    const Trace first = some_trace(seed);
    const Trace second = some_trace(seed + 17);
    Random random(seed);
    const std::vector<Operation> child = crossover(first, second, random, 1000).operations;
    bool explained = false;
    for (std::size_t head = 0; head <= std::min(child.size(), first.operations.size()); ++head) {
      const std::size_t tail = child.size() - head;
      explained = explained || (tail <= second.operations.size() &&
                                std::equal(child.begin(), child.begin() + static_cast<std::ptrdiff_t>(head),
                                           first.operations.begin()) &&
                                std::equal(child.end() - static_cast<std::ptrdiff_t>(tail), child.end(),
                                           second.operations.end() - static_cast<std::ptrdiff_t>(tail)));
    }
    ASSERT_TRUE(explained) << "seed " << seed;
  }
}

TEST(Crossover, RespectsTheLimitAndStaysCanonical) {
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    Random random(seed);
    const std::size_t limit = seed % 50;
    const Trace child = crossover(some_trace(seed), some_trace(seed * 7 + 1), random, limit);
    ASSERT_LE(child.operations.size(), limit) << "seed " << seed;
    ASSERT_EQ(decode(encode(child)), child) << "seed " << seed;
  }
}

TEST(Liveness, FollowsEachSlotToItsLastStep) {
  const std::vector<Operation> operations = {
      {OperationKind::malloc, 3, 0, 8}, {OperationKind::malloc, 1, 0, 8},  {OperationKind::check, 0, 0, 0},
      {OperationKind::free, 3, 0, 0},   {OperationKind::realloc, 2, 0, 8}, {OperationKind::calloc, 3, 1, 8}};
  EXPECT_EQ(live_slots(operations, 0), (std::vector<std::uint32_t>{}));
  EXPECT_EQ(live_slots(operations, 3), (std::vector<std::uint32_t>{3, 1}));
  EXPECT_EQ(live_slots(operations, 4), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(live_slots(operations, 6), (std::vector<std::uint32_t>{1, 2, 3}));
  EXPECT_TRUE(is_live(operations, 3, 3));
  EXPECT_FALSE(is_live(operations, 3, 5));
  EXPECT_FALSE(is_live(operations, 0, 6)) << "a check point names no slot";
  EXPECT_EQ(first_fresh_slot(operations), 4U);
  EXPECT_EQ(first_fresh_slot({}), 0U);
}

TEST(Liveness, FindsOnlySlotsInTheStateAskedFor) {
  for (std::uint64_t seed = 0; seed < mutations; ++seed) {
    const std::vector<Operation> operations = some_trace(seed).operations;
    Random random(seed);
    const auto place = static_cast<std::size_t>(random.below(operations.size() + 1));
    for (const bool live : {false, true}) {
      const auto slot = find_slot(operations, place, live, random);
      if (slot) {
        ASSERT_EQ(is_live(operations, *slot, place), live) << "seed " << seed;
      }
    }
  }
}

}  // namespace
}  // namespace poolhammer
