#include "properties/support/child.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "harness/process/limits.hpp"

namespace poolhammer {
namespace {

TEST(Child, HandsItsAnswerOver) {
  const std::string long_answer(std::size_t{1} << 20U, 'x');
  EXPECT_EQ(in_child([] { return std::string(); }).answer, "");
  EXPECT_EQ(in_child([&] { return long_answer; }).answer, long_answer);
}

TEST(Child, LeavesItsParentAsItWas) {
  int number = 1;
  EXPECT_EQ(in_child([&] { return std::to_string(++number); }).answer, "2");
  EXPECT_EQ(number, 1);
}

TEST(Child, SaysWhichSignalKilledIt) {
  const ChildEnd end = in_child([]() -> std::string {
    std::fputs("first\nlast words\n", stderr);
    static_cast<void>(std::raise(SIGKILL));
    return "";
  });
  EXPECT_FALSE(end.answer);
  EXPECT_EQ(end.death, "died by signal 9 (Killed): last words");
  EXPECT_EQ(end.errors, "first\nlast words\n");
}

TEST(Child, PicksASanitizersSummaryOutOfItsReport) {
  const ChildEnd end = in_child([]() -> std::string {
    std::fputs("x.cpp:1:2: runtime error: y\nSUMMARY: SomeSanitizer: z\nABORTING\n", stderr);
    _exit(1);
  });
  EXPECT_EQ(end.death, "ended with status 1: SUMMARY: SomeSanitizer: z");
}

TEST(Child, PicksUndefinedBehaviourOutOfItsReport) {
  const ChildEnd end = in_child([]() -> std::string {
    std::fputs("before\nx.cpp:1:2: runtime error: y\n    #0 0x1 in z\n", stderr);
    _exit(1);
  });
  EXPECT_EQ(end.death, "ended with status 1: x.cpp:1:2: runtime error: y");
}

TEST(Child, ThatEndsInTheMiddleHasNoAnswer) {
  const ChildEnd end = in_child([]() -> std::string { _exit(0); });
  EXPECT_FALSE(end.answer);
  EXPECT_EQ(end.death, "ended with status 0");
}

TEST(Child, DiesOfAnException) {
  const ChildEnd end = in_child([]() -> std::string { throw std::runtime_error("no room"); });
  EXPECT_FALSE(end.answer);
  EXPECT_THAT(end.death, testing::EndsWith("exception: no room"));
}

TEST(Child, SaysThatItHung) {
  for (const int signal : {SIGPROF, SIGALRM}) {
    const ChildEnd end = in_child([signal]() -> std::string {
      static_cast<void>(std::raise(signal));
      return "";
    });
    EXPECT_EQ(end.death, "did not end in time");
  }
}

TEST(Child, MayLimitItsOwnTime) {
  const ChildEnd end = in_child([]() -> std::string {
    limit_own_time(std::chrono::seconds(1));
    for (std::atomic<int> number = 0;; ++number) continue;
  });
  EXPECT_EQ(end.death, "did not end in time");
}

}  // namespace
}  // namespace poolhammer
