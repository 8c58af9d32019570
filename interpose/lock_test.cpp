#include "interpose/lock.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace poolhammer::interpose {
namespace {

constexpr int threads = 4;
constexpr int turns = 20'000;

/// Raises a number that only a lock protects, from several threads.
template <class Turn>
[[nodiscard]] int raised_by(Turn turn) {
  int number = 0;
  std::vector<std::thread> all;
  for (unsigned id = 1; id <= threads; ++id) {
    all.emplace_back([&number, &turn, id] {
      for (int i = 0; i < turns; ++i) turn(id, number);
    });
  }
  for (std::thread& one : all) one.join();
  return number;
}

TEST(Lock, ThreadsThatAreKnownTakeTurns) {
  Lock lock;
  EXPECT_EQ(raised_by([&lock](unsigned id, int& number) {
              ASSERT_TRUE(lock.enter(id));
              ++number;
              lock.leave();
            }),
            threads * turns);
}

TEST(Lock, ThreadsThatAreNotTakeTurnsToo) {
  Lock lock;
  EXPECT_EQ(raised_by([&lock](unsigned /*id*/, int& number) {
              lock.enter();
              ++number;
              lock.leave();
            }),
            threads * turns);
}

TEST(Lock, TurnsAwayTheThreadThatHoldsItAndKeepsIt) {
  Lock lock;
  ASSERT_TRUE(lock.enter(7));
  EXPECT_FALSE(lock.enter(7));
  EXPECT_FALSE(lock.enter(7)) << "it is held still";
  lock.leave();
  EXPECT_TRUE(lock.enter(7));
}

}  // namespace
}  // namespace poolhammer::interpose
