#include "harness/process/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "harness/process/environment.hpp"

namespace poolhammer {
namespace {

[[noreturn]] void fail(int error) {
  throw std::runtime_error(fmt::format("a process cannot be started: {}", std::strerror(error)));
}

[[nodiscard]] SupervisorBoard* new_board() {
  void* const memory =
      mmap(nullptr, sizeof(SupervisorBoard), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail(errno);
  return new (memory) SupervisorBoard{};
}

}  // namespace

void ChildProcess::Unmap::operator()(SupervisorBoard* board) const {
  munmap(board, sizeof *board);
}

ChildProcess::ChildProcess(ProcessCommand program) : board_(new_board()) {
  const std::vector<char*> arguments = pointers_to(program.words);
  const std::vector<char*> environment = pointers_to(program.environment);
  start({.arguments = arguments.data(),
         .environment = environment.data(),
         .passed = program.passed,
         .same_addresses = program.same_addresses,
         .scratch = program.scratch.empty() ? nullptr : program.scratch.c_str(),
         .output = output_.descriptor()});
}

ChildProcess::ChildProcess(const std::function<int()>& body) : board_(new_board()) {
  start({.passed = {}, .body = &body, .output = output_.descriptor()});
}

ChildProcess::~ChildProcess() {
  if (handle_ >= 0) stop();
}

void ChildProcess::start(const SupervisedChild& plan) {
  const pid_t host = getpid();
  // No handler of this program is to run in a process that is no copy of it.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  supervisor_ = fork();
  if (supervisor_ == 0) supervise(plan, *board_, host);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (supervisor_ < 0) fail(error);
  handle_ = static_cast<int>(syscall(SYS_pidfd_open, supervisor_, 0));
  if (handle_ < 0) {
    error = errno;
    kill(supervisor_, SIGKILL);
    waitpid(supervisor_, nullptr, 0);
    fail(error);
  }
  restart_time();
}

bool ChildProcess::supervisor_ended(int wait_milliseconds) const {
  pollfd ended{.fd = handle_, .events = POLLIN, .revents = 0};
  return poll(&ended, 1, wait_milliseconds) > 0;
}

/// The supervisor has ended, or is about to: takes its end, and notes that of the child.
void ChildProcess::collect() {
  // Another part of this program may have taken its end: the handle tells it all the same.
  while (!supervisor_ended(-1)) continue;
  while (waitpid(supervisor_, nullptr, 0) < 0 && errno == EINTR) continue;
  close(std::exchange(handle_, -1));
  if (board_->start_error != 0)
    end_ = ProcessEnd{.how = ProcessEnd::How::not_started, .status = board_->start_error, .output = {}};
  else if (board_->child_ended)
    end_ = end_of_status(board_->status);
  else
    // Somebody killed the supervisor; the child died with it.
    end_ = ProcessEnd{.how = ProcessEnd::How::signal, .status = SIGKILL, .output = {}};
  end_->output = output_.text(most_output);
}

void ChildProcess::stop() {
  board_->end_asked = true;
  syscall(SYS_pidfd_send_signal, handle_, SIGTERM, nullptr, 0);
  // What it started may have stopped it.
  syscall(SYS_pidfd_send_signal, handle_, SIGCONT, nullptr, 0);
  collect();
}

std::optional<ProcessEnd> ChildProcess::look(const ProcessLimits& limits) {
  if (end_) return end_;
  if (supervisor_ended(0)) {
    collect();
    return end_;
  }
  const auto broken = watch_.look(supervisor_, board_->child, limits);
  if (!broken) return std::nullopt;
  stop();
  end_->how = *broken;
  return end_;
}

ProcessEnd ChildProcess::wait(const ProcessLimits& limits) {
  std::optional<ProcessEnd> end;
  while (!(end = look(limits))) (void)supervisor_ended(look_every_milliseconds);
  return *std::move(end);
}

ProcessEnd run_program(std::vector<std::string> words, const std::vector<std::string>& variables,
                       const ProcessLimits& limits, const std::string& scratch) {
  return ChildProcess(ProcessCommand{.words = std::move(words),
                                     .environment = child_environment(Inherited::neutral, variables),
                                     .passed = {},
                                     .scratch = scratch})
      .wait(limits);
}

}  // namespace poolhammer
