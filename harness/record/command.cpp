#include "harness/record/command.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "harness/record/signals_held.hpp"
#include "harness/trace/format_error.hpp"

namespace poolhammer {
namespace {

/// Both ends of a pipe that an executed program does not inherit.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0) throw InputError(fmt::format("pipe: {}", std::strerror(errno)));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close(ends_[0]);
    close_writing();
  }

  void close_writing() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  void send(int number) const { [[maybe_unused]] const auto sent = write(ends_[1], &number, sizeof number); }

  /// What the other process sent, or 0 where it closed its end.
  [[nodiscard]] int receive() const {
    int number = 0;
    ssize_t got = 0;
    do {
      got = read(ends_[0], &number, sizeof number);
    } while (got < 0 && errno == EINTR);
    return got == sizeof number ? number : 0;
  }

 private:
  int ends_[2] = {-1, -1};
};

std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  const auto replaced = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    for (const std::string& variable : variables) {
      if (std::string_view(variable).substr(0, variable.find('=')) == name) return true;
    }
    return false;
  };
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (!replaced(*entry)) result.emplace_back(*entry);
  }
  result.insert(result.end(), variables.begin(), variables.end());
  return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

CommandEnd end_of(int status) {
  if (WIFSIGNALED(status)) return {128 + WTERMSIG(status), WTERMSIG(status)};
  return {WEXITSTATUS(status), 0};
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
  std::vector<std::string> environment = environment_with(variables);
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(environment);

  Pipe failure;
  const pid_t child = fork();
  if (child < 0) throw InputError(fmt::format("fork: {}", std::strerror(errno)));
  if (child == 0) {
    signals.restore();
    execvpe(argv[0], argv.data(), envp.data());
    failure.send(errno);
    _exit(127);
  }
  failure.close_writing();
  if (const int error = failure.receive(); error != 0) {
    waitpid(child, nullptr, 0);
    throw InputError(fmt::format("{}: cannot be run: {}", command.front(), std::strerror(error)));
  }
  return wait_for(child, signals);
}

}  // namespace poolhammer
