#include "harness/record/command.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "harness/base/format_error.hpp"
#include "harness/process/environment.hpp"
#include "harness/process/process_end.hpp"
#include "harness/process/shared_memory.hpp"
#include "harness/record/signals_held.hpp"

namespace poolhammer {
namespace {

CommandEnd end_of(int status) {
  const ProcessEnd end = end_of_status(status);
  return {end.shell_status(), end.how == ProcessEnd::How::signal ? end.status : 0};
}

CommandEnd wait_for(pid_t child, const SignalsHeld& signals) {
  for (;;) {
    int status = 0;
    const pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child) return end_of(status);
    if (ended < 0 && errno != EINTR) throw InputError(fmt::format("waitpid: {}", std::strerror(errno)));
    const siginfo_t info = signals.wait();
    const bool by_a_process = info.si_code <= 0;
    if (by_a_process && (info.si_signo == SIGTERM || info.si_signo == SIGHUP)) kill(child, info.si_signo);
  }
}

}  // namespace

CommandEnd run_command(const std::vector<std::string>& command, const std::vector<std::string>& variables,
                       const SignalsHeld& signals) {
  std::vector<std::string> words = command;
  std::vector<std::string> environment = child_environment(Inherited::all, variables);
  const std::vector<char*> argv = pointers_to(words);
  const std::vector<char*> envp = pointers_to(environment);
  const SharedMemory shared(sizeof(std::atomic<int>));
  auto& failure = *reinterpret_cast<std::atomic<int>*>(shared.bytes().data());
  // No ChildProcess: what a person runs may leave processes, and stays in the group that a terminal knows.
  const pid_t child = fork();
  if (child < 0) throw InputError(fmt::format("fork: {}", std::strerror(errno)));
  if (child == 0) {
    signals.restore();
    execvpe(argv[0], argv.data(), envp.data());
    failure = errno;
    _exit(127);
  }
  const CommandEnd end = wait_for(child, signals);
  if (failure != 0)
    throw InputError(fmt::format("{}: cannot be run: {}", command.front(), std::strerror(failure)));
  return end;
}

}  // namespace poolhammer
