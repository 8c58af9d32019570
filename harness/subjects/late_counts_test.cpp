#include "harness/subjects/late_counts.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace poolhammer {
namespace {

using pymalloc::Totals;

constexpr std::uint64_t most_of_32_bits = std::numeric_limits<std::uint32_t>::max();

TEST(LateCounts, ComeOverTheEndOf32BitsInAFewSteps) {
  EXPECT_LE(late_counts.blocks, most_of_32_bits);
  EXPECT_GT(late_counts.blocks + 8, most_of_32_bits);
  EXPECT_LE(late_counts.pools, most_of_32_bits);
  EXPECT_GT(late_counts.pools + 8, most_of_32_bits);
  EXPECT_LE(late_counts.bytes, most_of_32_bits);
  EXPECT_GT(late_counts.bytes + 512, most_of_32_bits);
}

TEST(LateCounts, ReadFromZeroForATimeAndAreThenAsTheyWere) {
  const Totals due = {.blocks = 9, .pools = 2, .bytes = 300, .arenas = 1};
  Totals totals = {.blocks = late_counts.blocks + due.blocks,
                   .pools = late_counts.pools + due.pools,
                   .bytes = late_counts.bytes + due.bytes,
                   .arenas = due.arenas};
  const Totals before = totals;
  {
    const CountedFromZero counted(totals, late_counts);
    EXPECT_EQ(totals, due);
  }
  EXPECT_EQ(totals, before);
}

}  // namespace
}  // namespace poolhammer
