#include "harness/oracles/occupancy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "harness/base/random.hpp"

namespace poolhammer {
namespace {

TEST(Occupancy, OfABlockIsItsBytesAndNoMore) {
  Occupancy occupied;
  occupied.add(0x1010, 48);
  EXPECT_TRUE(occupied.overlaps(0x1010, 1));
  EXPECT_TRUE(occupied.overlaps(0x103F, 1));
  EXPECT_TRUE(occupied.overlaps(0x1000, 0x11));
  EXPECT_FALSE(occupied.overlaps(0x1000, 0x10));
  EXPECT_FALSE(occupied.overlaps(0x1040, 4096));
  occupied.remove(0x1010, 48);
  EXPECT_FALSE(occupied.overlaps(0x1000, 4096));
}

TEST(Occupancy, OfABlockOfNoBytesIsItsAddress) {
  Occupancy occupied;
  occupied.add(0x2000, 0);
  EXPECT_TRUE(occupied.overlaps(0x2000, 0));
  EXPECT_FALSE(occupied.overlaps(0x2008, 0));
}

TEST(Occupancy, OfALargeBlockIsSeenByASmallOneAndTheOtherWayRound) {
  Occupancy occupied;
  occupied.add(0x100000, 1U << 20U);
  EXPECT_TRUE(occupied.overlaps(0x1FFFF8, 8));
  EXPECT_FALSE(occupied.overlaps(0x200000, 8));
  occupied.add(0x300000, 16);
  EXPECT_TRUE(occupied.overlaps(0x200000, 2U << 20U));
  EXPECT_FALSE(occupied.overlaps(0x300010, 2U << 20U));
}

// The same questions, answered by looking at every block.
TEST(Occupancy, AgreesWithAListOfBlocks) {
  Random random(7);
  Occupancy occupied;
  std::map<std::uintptr_t, std::size_t> blocks;
  for (int step = 0; step < 20000; ++step) {
    const std::uintptr_t begin = 0x10000 + 8 * random.below(4096);
    const std::size_t bytes = random.below(8) == 0 ? random.below(1U << 18U) : random.below(600);
    const bool expected = std::any_of(blocks.begin(), blocks.end(), [&](const auto& block) {
      return block.first < begin + std::max<std::size_t>(bytes, 1) &&
             begin < block.first + (std::max<std::size_t>(block.second, 1) + 7) / 8 * 8;
    });
    ASSERT_EQ(occupied.overlaps(begin, bytes), expected) << "step " << step;
    if (!expected) {
      occupied.add(begin, bytes);
      blocks.emplace(begin, bytes);
    } else if (!blocks.empty() && random.below(2) == 0) {
      const auto victim = std::next(blocks.begin(), static_cast<long>(random.below(blocks.size())));
      occupied.remove(victim->first, victim->second);
      blocks.erase(victim);
    }
  }
}

}  // namespace
}  // namespace poolhammer
