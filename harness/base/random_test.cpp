#include "harness/base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <vector>

namespace poolhammer {
namespace {

TEST(Random, GivesThePublishedNumbersOfSplitMix64) {
  // The first outputs for seed 1234567, as published with the algorithm's reference implementations.
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
}

TEST(Random, IsTheSameForTheSameSeedAndDiffersForAnother) {
  Random a(7);
  Random b(7);
  Random c(8);
  std::vector<std::uint64_t> from_a;
  std::vector<std::uint64_t> from_b;
  std::vector<std::uint64_t> from_c;
  for (int i = 0; i < 16; ++i) {
    from_a.push_back(a.next());
    from_b.push_back(b.next());
    from_c.push_back(c.next());
  }
  EXPECT_EQ(from_a, from_b);
  EXPECT_NE(from_a, from_c);
}

TEST(Random, StaysBelowItsBoundAndReachesEveryNumber) {
  Random random(1);
  for (const std::uint64_t bound : {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{7}}) {
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 500; ++i) seen.insert(random.below(bound));
    EXPECT_EQ(seen.size(), bound);
    EXPECT_LT(*seen.rbegin(), bound);
  }
}

TEST(Random, CoversBoundsOverThirtyTwoBits) {
  Random random(2);
  const std::uint64_t bound = (std::uint64_t{1} << 32U) + 1;
  bool high = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t number = random.below(bound);
    ASSERT_LT(number, bound);
    high = high || number > bound / 2;
  }
  EXPECT_TRUE(high);
}

TEST(Random, BelowZeroIsZero) {
  EXPECT_EQ(Random(3).below(0), 0U);
}

TEST(Random, ChanceIsNeverAndAlwaysAtItsEnds) {
  Random random(4);
  int half = 0;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_FALSE(random.chance(0, 3));
    ASSERT_TRUE(random.chance(3, 3));
    half += random.chance(1, 2) ? 1 : 0;
  }
  EXPECT_GT(half, 400);
  EXPECT_LT(half, 600);
}

TEST(Random, PicksEveryMember) {
  Random random(5);
  const std::array<int, 3> choices = {10, 20, 30};
  std::set<int> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random.pick(choices));
  EXPECT_EQ(seen, (std::set<int>{10, 20, 30}));
}

}  // namespace
}  // namespace poolhammer
