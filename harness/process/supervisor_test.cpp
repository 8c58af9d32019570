#include "harness/process/supervisor.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <new>

#include "harness/process/shared_memory.hpp"
#include "harness/process/testing/left_over.hpp"

namespace poolhammer {
namespace {

TEST(Supervisor, StartsNothingForAHostThatIsGone) {
  // The host ends between its fork and the supervisor's first look: no signal tells of it any more.
  const SharedMemory memory(sizeof(SupervisorBoard));
  auto* const board = new (memory.bytes().data()) SupervisorBoard{};
  EXPECT_TRUE(leaves_no_process([board] {
    const pid_t host = fork();
    if (host == 0) {
      const pid_t self = getpid();
      if (fork() != 0) _exit(0);
      while (getppid() == self) sched_yield();
      const std::function<int()> body = []() -> int {
        for (;;) pause();
      };
      supervise({.passed = {}, .body = &body}, *board, self);
    }
  }));
  EXPECT_TRUE(board->ended);
  EXPECT_EQ(board->child, 0);
}

TEST(Supervisor, GoesOnAfterASignalThatEndsOthers) {
  const SharedMemory memory(sizeof(SupervisorBoard));
  auto* const board = new (memory.bytes().data()) SupervisorBoard{};
  const pid_t host = getpid();
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t supervisor = fork();
  if (supervisor == 0) {
    const std::function<int()> body = []() -> int {
      for (const int signal : {SIGTERM, SIGINT, SIGHUP}) kill(getppid(), signal);
      return 7;
    };
    supervise({.passed = {}, .body = &body}, *board, host);
  }
  sigprocmask(SIG_SETMASK, &before, nullptr);
  ASSERT_EQ(waitpid(supervisor, nullptr, 0), supervisor);
  EXPECT_TRUE(board->ended);
  EXPECT_TRUE(board->child_ended);
  EXPECT_EQ(WEXITSTATUS(board->status.load()), 7);
}

}  // namespace
}  // namespace poolhammer
