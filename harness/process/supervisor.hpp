#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <span>

namespace poolhammer {

/// A descriptor of this process that a child finds at a place of its own, from 3 to 63. At most 8 are passed.
struct PassedDescriptor {
  int from;
  int to;
};

/// What a supervisor and the process that asked for it share. It lies in memory that both see.
struct SupervisorBoard {
  std::atomic<pid_t> child;       ///< 0: not started yet
  std::atomic<bool> end_asked;    ///< by the process that asked; a SIGTERM to the supervisor tells it to look
  std::atomic<bool> ended;        ///< by the supervisor: nothing that it started is left
  std::atomic<bool> child_ended;  ///< `status` holds, which is that of waitpid()
  std::atomic<int> status;
  std::atomic<int> start_error;  ///< error number by the child; 0: none so far
};

/// What a supervisor starts: a program, or where `arguments` is null a function of this one.
struct SupervisedChild {
  char* const* arguments = nullptr;  ///< the first is the program, searched for in PATH where it has no slash
  char* const* environment = nullptr;
  std::span<const PassedDescriptor> passed;  ///< to a program
  bool same_addresses = false;  ///< a program gets the same addresses each time, where the system permits it
  const std::function<int()>* body = nullptr;  ///< returns the exit status
  const char* scratch = nullptr;  ///< a folder that is removed where `host` goes before its child; null: none
  int output = -1;  ///< takes a program's standard output and standard error, a function's standard error
};

/// The life of a supervisor: a process between this program and a child of it. Call it in a process that was
/// just forked by `host`, with all signals blocked. It starts the child, and ends with it, when it is asked
/// to, or when `host` is gone; before that it ends everything that the child started.
///
/// Why a process between: processes whose parents ended go to the nearest ancestor that is a subreaper. A
/// child that called setsid() and forked twice can be found and waited for only by such an ancestor. Were
/// this program the subreaper, it would get strangers too: what a fuzzer, a test framework or another library
/// in it started, and to reap those would take their ends from whoever waits for them. And it would do
/// nothing once it is killed, where the supervisor goes on.
///
/// Neither allocates, throws or takes a lock: this program may have had more threads when it forked.
[[noreturn]] void supervise(const SupervisedChild& plan, SupervisorBoard& board, pid_t host);

}  // namespace poolhammer
