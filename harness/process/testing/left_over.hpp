#pragma once

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

namespace poolhammer {

/// Calls `body` in a process to which all processes go whose parents ended, waits until none of them is left,
/// and returns whether both came to their end. The alarm is for a test that fails.
[[nodiscard]] inline bool leaves_no_process(const std::function<void()>& body) {
  constexpr unsigned patience_seconds = 60;
  const pid_t judge = fork();
  if (judge == 0) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    std::signal(SIGALRM, SIG_DFL);
    alarm(patience_seconds);
    body();
    while (waitpid(-1, nullptr, 0) > 0 || errno == EINTR) continue;
    _exit(errno == ECHILD ? 0 : 1);
  }
  int status = 0;
  while (waitpid(judge, &status, 0) < 0 && errno == EINTR) continue;
  return judge > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace poolhammer
