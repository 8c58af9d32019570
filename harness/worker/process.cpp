#include "harness/worker/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace poolhammer {
namespace {

constexpr std::size_t most_output = 4096;

[[noreturn]] void fail(std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

[[nodiscard]] std::string worker_program() {
  if (const char* const chosen = std::getenv("POOLHAMMER_WORKER"); chosen != nullptr) return chosen;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe");
  // The command stands in bin/; a test or fuzz target a folder or two beside it.
  for (std::filesystem::path folder = own.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    for (const char* const place : {"poolhammer-worker", "bin/poolhammer-worker"}) {
      if (access((folder / place).c_str(), X_OK) == 0) return folder / place;
    }
  }
  throw std::runtime_error(fmt::format(
      "{}: no poolhammer-worker beside it or in a bin/ above (or set POOLHAMMER_WORKER)", own.string()));
}

/// The environment without what would change an allocator's behaviour or load more into the worker.
[[nodiscard]] std::vector<std::string> worker_environment(const Library& library,
                                                          const std::string& program) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    if (text.starts_with("LD_") || text.starts_with("ASAN_OPTIONS=")) continue;
    variables.emplace_back(text);
  }
  // The loader knows no blank in a name: without what catches exceptions, operators new that throw are left
  // out.
  const std::filesystem::path folder = std::filesystem::path(program).parent_path();
  const std::string catching = folder / "../lib/libpoolhammer_catching.so";
  const bool loadable =
      catching.find_first_of(" :") == std::string::npos && access(catching.c_str(), R_OK) == 0;
  const std::string both =
      library.path + (library.path.empty() || !loadable ? "" : ":") + (loadable ? catching : "");
  if (!both.empty()) variables.push_back("LD_PRELOAD=" + both);
  return variables;
}

[[nodiscard]] std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

/// In the child, between fork and exec: calls that are safe there only.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, int memory,
                         int output) {
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // The same addresses each time; where the system forbids it, a worker runs all the same.
  personality(ADDR_NO_RANDOMIZE);
  // A duplicate first: any of the two may stand on a descriptor that is about to be replaced.
  const int kept_memory = fcntl(memory, F_DUPFD, 10);
  const int kept_output = fcntl(output, F_DUPFD, 10);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  dup2(kept_output, STDOUT_FILENO);
  dup2(kept_output, STDERR_FILENO);
  dup2(kept_memory, worker_descriptor);
  syscall(SYS_close_range, worker_descriptor + 1, ~0U, 0);
  execve(program, arguments, environment);
  _exit(127);
}

[[nodiscard]] std::size_t resident_bytes(int process) {
  std::ifstream file(fmt::format("/proc/{}/statm", process));
  std::size_t all = 0;
  std::size_t resident = 0;
  file >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

[[nodiscard]] std::string beginning_of(int file) {
  std::string text(most_output, '\0');
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  text.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  return text;
}

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes) : descriptor_(memfd_create("poolhammer", MFD_CLOEXEC)) {
  if (descriptor_ < 0) fail("shared memory");
  void* memory = MAP_FAILED;
  if (ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0)
    memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) {
    close(descriptor_);
    fail("shared memory");
  }
  bytes_ = {static_cast<std::byte*>(memory), bytes};
}

SharedMemory::~SharedMemory() {
  munmap(bytes_.data(), bytes_.size());
  close(descriptor_);
}

std::string to_string(const WorkerEnd& end) {
  switch (end.how) {
    case WorkerEnd::How::exited:
      return fmt::format("ended with status {}", end.status);
    case WorkerEnd::How::signal:
      return fmt::format("died by signal {} ({})", end.status, strsignal(end.status));
    case WorkerEnd::How::hang:
      return "did not end in time";
    case WorkerEnd::How::memory:
      return "took more memory than allowed";
  }
  return {};
}

Worker::Worker(const Library& library, const std::string& argument, const SharedMemory& memory) {
  const std::string program = worker_program();
  std::vector<std::string> words = {program, argument};
  std::vector<std::string> variables = worker_environment(library, program);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(variables);
  output_ = memfd_create("poolhammer-output", MFD_CLOEXEC);
  if (output_ < 0) fail("worker");
  process_ = fork();
  if (process_ == 0)
    become(program.c_str(), arguments.data(), environment.data(), memory.descriptor(), output_);
  if (process_ < 0) {
    close(output_);
    fail("worker");
  }
  setpgid(process_, process_);
}

Worker::~Worker() {
  if (process_ > 0) {
    kill(-process_, SIGKILL);
    while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(output_);
}

std::optional<WorkerEnd> Worker::look(const WorkerLimits& limits,
                                      std::chrono::steady_clock::time_point since) {
  WorkerEnd end;
  int status = 0;
  if (waitpid(process_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() - since > limits.time) end.how = WorkerEnd::How::hang;
    if (resident_bytes(process_) > limits.resident_bytes) end.how = WorkerEnd::How::memory;
    if (end.how == WorkerEnd::How::exited) return std::nullopt;
    kill(-process_, SIGKILL);
    waitpid(process_, &status, 0);
  } else {
    if (WIFSIGNALED(status)) end.how = WorkerEnd::How::signal;
    end.status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  }
  // What it started dies with it.
  kill(-process_, SIGKILL);
  process_ = -1;
  end.output = beginning_of(output_);
  return end;
}

WorkerEnd Worker::wait(const WorkerLimits& limits) {
  const auto start = std::chrono::steady_clock::now();
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, process_, 0));
  if (handle < 0) fail("worker");
  std::optional<WorkerEnd> end;
  while (!(end = look(limits, start))) {
    constexpr int look_every_milliseconds = 20;
    pollfd ended{.fd = handle, .events = POLLIN, .revents = 0};
    poll(&ended, 1, look_every_milliseconds);
  }
  close(handle);
  return *std::move(end);
}

}  // namespace poolhammer
