#include "worker/patience.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace poolhammer::worker {
namespace {

void compute(double seconds) {
  const std::clock_t end = std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
  while (std::clock() < end) {
  }
}

/// How a child of that patience ends which computes for each part, looks at itself behind it, and leaves at
/// last.
[[nodiscard]] int status_of_child(Patience patience, std::initializer_list<double> parts) {
  const pid_t child = fork();
  if (child == 0) {
    end_where_hung(patience);
    for (const double part : parts) {
      compute(part);
      std::raise(SIGALRM);
    }
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

[[nodiscard]] bool is_ended(int status) {
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
}

TEST(Patience, IsForWhatComputesHoweverLongItTakes) {
  EXPECT_EQ(status_of_child({1, 1}, {0.1, 0.1}), 0);
  EXPECT_EQ(status_of_child({2, 2}, {0.0, 0.1, 0.0, 0.1, 0.0}), 0) << "it slept for a second at a time";
}

TEST(Patience, EndsWithWhatSleepsOrComputesTooLong) {
  EXPECT_TRUE(is_ended(status_of_child({1, 1}, {0.0, 0.1})));
  EXPECT_TRUE(is_ended(status_of_child({1, 1}, {0.1, 0.0})));
  EXPECT_TRUE(is_ended(status_of_child({1, 1}, {1.1, 0.1})));
  EXPECT_TRUE(is_ended(status_of_child({2, 2}, {0.1, 0.0, 0.0})));
  EXPECT_TRUE(is_ended(status_of_child({2, 2}, {1.1, 1.1})));
  EXPECT_TRUE(is_ended(status_of_child({1, 2}, {0.6, 0.0, 0.6})));
}

}  // namespace
}  // namespace poolhammer::worker
