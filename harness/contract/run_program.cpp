#include "harness/contract/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace poolhammer::contract {
namespace {

constexpr std::size_t most_output = 65536;
constexpr int not_started = 127;

[[nodiscard]] std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

[[nodiscard]] std::vector<std::string> environment(const std::string& preload) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("LD_")) variables.emplace_back(*variable);
  }
  if (!preload.empty()) variables.push_back("LD_PRELOAD=" + preload);
  return variables;
}

/// In the child, between fork and exec: calls that are safe there only.
[[noreturn]] void become(char* const* words, char* const* variables, int output) {
  setpgid(0, 0);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execvpe(words[0], words, variables);
  _exit(not_started);
}

/// Waits for the process's end, and returns whether it came in time.
[[nodiscard]] bool wait_for(pid_t process, int& status, std::chrono::milliseconds time) {
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
  int ready = -1;
  do {
    ready = poll(&ended, 1, static_cast<int>(time.count()));
  } while (ready < 0 && errno == EINTR);
  close(handle);
  kill(-process, SIGKILL);
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

}  // namespace

Ran run_program(std::vector<std::string> words, const std::string& preload, std::chrono::milliseconds time) {
  std::vector<std::string> variables = environment(preload);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> values = pointers(variables);
  const int output = memfd_create("poolhammer-output", MFD_CLOEXEC);
  const pid_t process = output < 0 ? -1 : fork();
  if (process == 0) become(arguments.data(), values.data(), output);
  if (process < 0) {
    const int error = errno;
    if (output >= 0) close(output);
    throw std::runtime_error(words.front() + ": " + std::strerror(error));
  }
  setpgid(process, process);
  Ran ran;
  int status = 0;
  ran.in_time = wait_for(process, status, time);
  ran.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  ran.started = ran.status != not_started;
  ran.output.resize(most_output);
  const ssize_t length = pread(output, ran.output.data(), ran.output.size(), 0);
  ran.output.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  close(output);
  return ran;
}

}  // namespace poolhammer::contract
