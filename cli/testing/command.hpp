#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/base/temporary_folder.hpp"

namespace poolhammer::cli {

/// How a command ended, and what it said.
struct Outcome {
  int status = 0;  ///< its exit status, or 128 and the signal's number
  std::string out;
  std::string err;

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
    return stream << "exit status " << outcome.status << "\n--- standard output\n"
                  << outcome.out << "--- standard error\n"
                  << outcome.err << "---\n";
  }
};

/// What a command runs in.
struct Setting {
  std::string program = POOLHAMMER_COMMAND;
  std::string in;                  ///< standard input
  std::filesystem::path out = {};  ///< a file for standard output, which is then not in the Outcome
  std::filesystem::path folder = ".";
  rlim_t address_space = RLIM_INFINITY;
};

/// The command with subjects that lie.
[[nodiscard]] inline Setting with_liars() {
  Setting setting;
  setting.program = POOLHAMMER_WITH_LIARS;
  return setting;
}

namespace detail {

[[noreturn]] inline void become(std::vector<char*>& arguments, const Setting& setting, const std::string& in,
                                const std::string& out, const std::string& err) {
  const auto redirect = [](const std::string& file, int flags, int stream) {
    const int opened = open(file.c_str(), flags, 0600);
    if (opened < 0 || dup2(opened, stream) < 0) _exit(126);
  };
  redirect(in, O_RDONLY, STDIN_FILENO);
  redirect(out, O_WRONLY | O_CREAT, STDOUT_FILENO);
  redirect(err, O_WRONLY | O_CREAT, STDERR_FILENO);
  if (chdir(setting.folder.c_str()) != 0) _exit(126);
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  if (setting.address_space != RLIM_INFINITY) {
    const rlimit limit{setting.address_space, setting.address_space};
    setrlimit(RLIMIT_AS, &limit);
  }
  execv(setting.program.c_str(), arguments.data());
  _exit(127);
}

}  // namespace detail

/// Runs the command with these arguments to its end. Nothing bounds its time but the test's own limit.
[[nodiscard]] inline Outcome poolhammer(std::vector<std::string> arguments, const Setting& setting = {}) {
  const TemporaryFolder streams;
  const std::string in = streams.file("in", setting.in).string();
  const std::string out = setting.out.empty() ? (streams / "out").string() : setting.out.string();
  const std::string err = (streams / "err").string();
  arguments.insert(arguments.begin(), "poolhammer");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) detail::become(argv, setting, in, out, err);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid failed");
  }
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          setting.out.empty() ? contents_of(out) : "", contents_of(err)};
}

/// Runs a line that the command printed as the way to see something again.
[[nodiscard]] inline Outcome shell(const std::string& line, const Setting& setting) {
  Setting in_shell = setting;
  in_shell.program = "/bin/sh";
  return poolhammer({"-c", "poolhammer() { '" + setting.program + "' \"$@\"; }\n" + line}, in_shell);
}

[[nodiscard]] inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace poolhammer::cli
