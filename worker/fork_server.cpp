#include "worker/fork_server.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include "harness/library/board.hpp"
#include "harness/process/descendants.hpp"
#include "harness/process/fork_protocol.hpp"

namespace poolhammer::worker {
namespace {

void report(ForkReport::What what, int value) {
  const ForkReport text{.what = what, .value = value};
  (void)!send(fork_descriptor, &text, sizeof text, MSG_NOSIGNAL);
}

/// The next order; nothing where the tool has gone.
[[nodiscard]] std::optional<ForkOrder> next_order() {
  ForkOrder order{};
  ssize_t length = 0;
  while ((length = recv(fork_descriptor, &order, sizeof order, 0)) < 0 && errno == EINTR) continue;
  return length == static_cast<ssize_t>(sizeof order) ? std::optional(order) : std::nullopt;
}

[[nodiscard]] bool is_wanted() {
  struct stat state {};
  return fstat(fork_descriptor, &state) == 0 && S_ISSOCK(state.st_mode);
}

/// A child has the thread that forked and no other, and no child of its own: what the library started as it
/// was loaded would be missing there.
[[nodiscard]] bool is_alone() {
  // The links of the folder of threads: its own two, and one a thread.
  constexpr nlink_t links_of_one_thread = 3;
  struct stat threads {};
  if (stat("/proc/self/task", &threads) != 0 || threads.st_nlink != links_of_one_thread) return false;
  siginfo_t child{};
  return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

[[nodiscard]] int handle_of(pid_t process) {
  return static_cast<int>(syscall(SYS_pidfd_open, process, 0));
}

[[nodiscard]] bool has_handles() {
  const int handle = handle_of(getpid());
  if (handle >= 0) close(handle);
  return handle >= 0;
}

/// What the tool's supervisor does for a process that it starts.
void settle(pid_t server, const struct sigaction& of_child_ends) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The server may have ended before: then no signal comes any more.
  if (getppid() != server) _exit(0);
  setpgid(0, 0);
  sigaction(SIGCHLD, &of_child_ends, nullptr);
  report(ForkReport::What::forked, getpid());
  close(fork_descriptor);
}

/// The child's status, when it has ended by itself or the tool wanted it to.
[[nodiscard]] int end_of(pid_t child) {
  const int handle = handle_of(child);
  std::array<pollfd, 2> watched = {{{fork_descriptor, POLLIN, 0}, {handle, POLLIN, 0}}};
  while (poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) continue;
  if (handle >= 0) close(handle);
  // Killed again, one that has ended stays as it is.
  if (watched[0].revents != 0) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

/// Those that a killed process started become this one's children, and are killed in their turn.
void end_left_over() {
  while (kill_children() && (waitpid(-1, nullptr, 0) > 0 || errno == EINTR)) continue;
}

}  // namespace

void serve_forks(std::atomic<std::uint32_t>& answered) {
  if (!is_wanted()) return;
  const bool forks = is_alone() && has_handles();
  report(ForkReport::What::ready, forks ? 1 : 0);
  if (!forks) {
    close(fork_descriptor);
    return;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Where the library ignores SIGCHLD no end would be kept for waitpid().
  struct sigaction usual {};
  struct sigaction of_child_ends {};
  usual.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &usual, &of_child_ends);
  library::set_and_wake(answered, 1);
  const pid_t server = getpid();
  for (auto order = next_order(); order; order = next_order()) {
    // The end of a child that had ended by itself.
    if (*order != ForkOrder::fork) continue;
    const pid_t child = fork();
    if (child == 0) return settle(server, of_child_ends);
    if (child < 0) report(ForkReport::What::forked, child);
    if (child < 0) continue;
    setpgid(child, child);
    const int status = end_of(child);
    end_left_over();
    report(ForkReport::What::ended, status);
    library::wake(answered);
  }
  _exit(0);
}

}  // namespace poolhammer::worker
