#include "harness/oracles/thread_loss.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20U;

TEST(ThreadLoss, OfTheSameAmountEachTimeIsAComplaint) {
  const auto complaint = lost_with_threads({.least = mib, .most = mib + 4096, .alone = 4096}, 4096);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->oracle, "contract.threads.leave-nothing");
  EXPECT_EQ(complaint->found, "with each thread that ended, 4096 bytes or more of memory are lost");
}

TEST(ThreadLoss, OfBlocksThatOthersFreedIsAnothersComplaint) {
  const auto complaint = lost_with_threads({.least = mib, .most = mib, .alone = 0}, 4096, true);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->oracle, "contract.threads.returned-by-others");
}

TEST(ThreadLoss, OfAFewPagesIsNone) {
  EXPECT_FALSE(lost_with_threads({.least = 60'000, .most = 60'000, .alone = 0}, 4096));
  EXPECT_TRUE(lost_with_threads({.least = 65'536, .most = 65'536, .alone = 0}, 4096));
}

TEST(ThreadLoss, OfSoFewThreadsThatEachMayHaveAHeapOfItsOwnIsNone) {
  EXPECT_FALSE(lost_with_threads({.least = mib, .most = mib, .alone = 0}, least_generations - 1));
  EXPECT_TRUE(lost_with_threads({.least = mib, .most = mib, .alone = 0}, least_generations));
}

TEST(ThreadLoss, ThatChangesIsACacheThatFillsAndNone) {
  EXPECT_FALSE(lost_with_threads({.least = mib, .most = 2 * mib + 1, .alone = 0}, 4096));
}

TEST(ThreadLoss, IsNoneWhereOneThreadThatLivesOnMakesTheProcessGrowAsMuch) {
  // A quarantine that fills.
  EXPECT_FALSE(lost_with_threads({.least = mib, .most = mib, .alone = 8 * mib}, 4096));
  EXPECT_TRUE(lost_with_threads({.least = mib, .most = mib, .alone = 4 * mib}, 4096));
}

}  // namespace
}  // namespace poolhammer
