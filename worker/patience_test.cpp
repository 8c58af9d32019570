#include "worker/patience.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>

namespace poolhammer::worker {
namespace {

void compute(double seconds) {
  const std::clock_t end = std::clock() + static_cast<std::clock_t>(seconds * CLOCKS_PER_SEC);
  while (std::clock() < end) {
  }
}

/// How a child ends that computes so long between two alarms that come early, and then leaves.
[[nodiscard]] int status_of_child(double first, double second) {
  const pid_t child = fork();
  if (child == 0) {
    end_where_hung(1);
    compute(first);
    std::raise(SIGALRM);
    compute(second);
    std::raise(SIGALRM);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(Patience, IsForWhatComputesHoweverLongItTakes) {
  EXPECT_EQ(status_of_child(0.1, 0.1), 0);
}

TEST(Patience, EndsWithWhatSleepsOrComputesTooLong) {
  for (const auto& [first, second] : {std::pair{0.0, 0.1}, {0.1, 0.0}, {1.1, 0.1}}) {
    const int status = status_of_child(first, second);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) << first << ' ' << second;
  }
}

}  // namespace
}  // namespace poolhammer::worker
