#include "harness/process/supervisor.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "harness/process/descendants.hpp"
#include "harness/process/signals.hpp"

namespace poolhammer {
namespace {

constexpr int exit_not_started = 127;
/// Where descriptors are kept while their places are filled. No descriptor is passed to a place so high.
constexpr int above_places = 64;

// ---- The child, before it becomes what it is to be.

/// Alone, without core files, and ended with its parent: SIGKILL comes also while a library's constructor
/// runs.
void settle(pid_t supervisor) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The supervisor may have ended before: then no signal comes any more.
  if (getppid() != supervisor) _exit(exit_not_started);
  setpgid(0, 0);
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  // A function of this program is not to end as this program would, and a program is to know them.
  for (const int signal : ending_signals) std::signal(signal, SIG_DFL);
  std::signal(SIGABRT, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Leaves the child the standard streams and what was passed.
void place_descriptors(const SupervisedChild& plan) {
  constexpr std::size_t most_passed = 8;
  std::array<int, most_passed> kept{};
  const std::size_t count = std::min(plan.passed.size(), most_passed);
  // Duplicates first: any of them may stand at a place that is about to be filled.
  for (std::size_t index = 0; index < count; ++index)
    kept[index] = fcntl(plan.passed[index].from, F_DUPFD, above_places);
  const int output = fcntl(plan.output, F_DUPFD, above_places);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  for (int place = STDERR_FILENO + 1; place < above_places; ++place) close(place);
  for (std::size_t index = 0; index < count; ++index) dup2(kept[index], plan.passed[index].to);
  syscall(SYS_close_range, above_places, ~0U, 0);
}

[[noreturn]] void become_program(const SupervisedChild& plan, SupervisorBoard& board) {
  // Where the system forbids it, the program runs all the same.
  if (plan.same_addresses) personality(ADDR_NO_RANDOMIZE);
  place_descriptors(plan);
  execvpe(plan.arguments[0], plan.arguments, plan.environment);
  board.start_error.store(errno);
  _exit(exit_not_started);
}

[[noreturn]] void live(const SupervisedChild& plan, SupervisorBoard& board, pid_t supervisor) {
  settle(supervisor);
  if (plan.arguments != nullptr) become_program(plan, board);
  // Whatever the function does to its memory, it cannot write there.
  munmap(&board, sizeof board);
  dup2(plan.output, STDERR_FILENO);
  _exit((*plan.body)());
}

// ---- The supervisor.

/// Removes it with all it holds, in the place of this process: who asked for it has gone.
void remove_folder(const char* folder) {
  execlp("rm", "rm", "-rf", "--", folder, nullptr);
}

class Supervisor {
 public:
  Supervisor(SupervisorBoard& board, pid_t child) : board_(board), child_(child) {}

  /// Takes the ends that came. Waits for one where `options` is not WNOHANG. False where nothing is left.
  bool reap(int options) {
    for (;;) {
      int status = 0;
      const pid_t ended = waitpid(-1, &status, options);
      if (ended < 0 && errno == EINTR) continue;
      if (ended <= 0) return ended == 0;
      if (ended == child_) {
        board_.status.store(status);
        board_.child_ended.store(true);
      }
      if (options != WNOHANG) return true;
    }
  }

  /// Those that a killed process started become this one's children, and are killed in their turn.
  void end_all() {
    for (;;) {
      if (!board_.child_ended) kill(-child_, SIGKILL);
      if (!board_.child_ended) kill(child_, SIGKILL);
      const bool listed = kill_children();
      // What escaped a system without a list cannot be ended, and is not waited for.
      if ((!listed && board_.child_ended) || !reap(0)) return;
    }
  }

 private:
  SupervisorBoard& board_;
  pid_t child_;
};

}  // namespace

void supervise(const SupervisedChild& plan, SupervisorBoard& board, pid_t host) {
  // A group of its own: what a terminal sends to this program's group is not for the supervisor.
  setpgid(0, 0);
  prctl(PR_SET_NAME, "supervisor");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t waited;
  sigemptyset(&waited);
  for (const int signal : {SIGCHLD, SIGTERM}) {
    // Where this program ignores SIGCHLD no end would be kept for waitpid().
    std::signal(signal, SIG_DFL);
    sigaddset(&waited, signal);
  }
  // The signal comes also when the thread that forked ends, while `host` lives on: who the parent is decides.
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  const pid_t self = getpid();
  const pid_t child = getppid() == host ? fork() : -1;
  if (child == 0) live(plan, board, self);
  if (child > 0) {
    setpgid(child, child);
    board.child.store(child);
    // Whoever waits for the end of a pipe to the child is not to wait for this process.
    syscall(SYS_close_range, 0, ~0U, 0);
    Supervisor supervisor(board, child);
    while (!board.child_ended && !board.end_asked && getppid() == host) {
      supervisor.reap(WNOHANG);
      if (!board.child_ended && !board.end_asked && getppid() == host) sigwaitinfo(&waited, nullptr);
    }
    supervisor.end_all();
  } else {
    board.start_error.store(errno);
  }
  if (plan.scratch != nullptr && getppid() != host) remove_folder(plan.scratch);
  board.ended.store(true);
  _exit(0);
}

}  // namespace poolhammer
