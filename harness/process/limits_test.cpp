#include "harness/process/limits.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds limit{10};

/// A watch that is shown looks at moments of its own.
class HangWatchTest : public testing::Test {
 protected:
  /// Whether one of `looks` looks, `apart` from one another, calls it a hang. In each the thread has computed
  /// `each` more.
  [[nodiscard]] bool hangs(int looks, milliseconds apart, bool awake, milliseconds each, int thread = 1) {
    for (int look = 0; look < looks; ++look) {
      now_ += apart;
      sample_.processor_times[thread] += each;
      sample_.awake = awake;
      if (watch_.hangs(sample_, now_, limit)) return true;
    }
    return false;
  }

  HangWatch::Clock::time_point now_;
  TreeSample sample_{.processor_times = {{1, seconds(50)}, {2, seconds(50)}}};
  HangWatch watch_{sample_, now_};
};

TEST_F(HangWatchTest, AccusesNobodyWhoWaitsForAProcessor) {
  // It gets a tenth of a second of processor time in five seconds.
  EXPECT_FALSE(hangs(19, seconds(5), true, milliseconds(100)));
  // And nobody who waits for one all the time.
  EXPECT_FALSE(hangs(100, milliseconds(100), true, milliseconds(0)));
}

TEST_F(HangWatchTest, AccusesAThreadThatHasComputedForTheTime) {
  EXPECT_FALSE(hangs(99, milliseconds(100), true, milliseconds(100)));
  EXPECT_TRUE(hangs(1, milliseconds(100), true, milliseconds(100)));
}

TEST_F(HangWatchTest, DoesNotAddUpWhatThreadsCompute) {
  EXPECT_FALSE(hangs(6, milliseconds(500), true, seconds(1), 1));
  EXPECT_FALSE(hangs(6, milliseconds(500), true, seconds(1), 2));
  EXPECT_FALSE(hangs(6, milliseconds(500), true, seconds(1), 3));
}

TEST_F(HangWatchTest, AccusesThreadsThatAllSleepForTheTime) {
  EXPECT_FALSE(hangs(99, milliseconds(100), false, milliseconds(0)));
  EXPECT_TRUE(hangs(1, milliseconds(100), false, milliseconds(0)));
}

TEST_F(HangWatchTest, AddsUpWhatIsSleptAndComputed) {
  EXPECT_FALSE(hangs(50, milliseconds(100), false, milliseconds(0)));
  EXPECT_FALSE(hangs(49, milliseconds(100), true, milliseconds(100)));
  EXPECT_TRUE(hangs(1, milliseconds(100), false, milliseconds(0)));
}

TEST_F(HangWatchTest, DoesNotCountForSleepWhatWasComputedBetweenTwoLooks) {
  EXPECT_FALSE(hangs(99, milliseconds(100), false, milliseconds(100)));
  EXPECT_TRUE(hangs(1, milliseconds(100), false, milliseconds(100)));
}

TEST_F(HangWatchTest, TakesNoLongTimeWithoutALookForASleep) {
  EXPECT_FALSE(hangs(1, seconds(90), false, milliseconds(0)));
}

TEST_F(HangWatchTest, AccusesWhoHasNotEndedAfterManyTimesTheTime) {
  EXPECT_FALSE(hangs(109, seconds(1), true, milliseconds(10)));
  EXPECT_TRUE(hangs(1, seconds(1), true, milliseconds(10)));
}

TEST_F(HangWatchTest, AccusesNobodyWithoutALimit) {
  now_ += std::chrono::hours(1000);
  sample_.processor_times[1] += std::chrono::hours(1000);
  EXPECT_FALSE(watch_.hangs(sample_, now_, milliseconds(0)));
}

}  // namespace
}  // namespace poolhammer
