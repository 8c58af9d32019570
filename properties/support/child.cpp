#include "properties/support/child.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>

namespace poolhammer {
namespace {

constexpr int exit_by_exception = 70;
constexpr char whole = '.';  // ends an answer that was written to its end

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Memory that a child writes like a file and its parent reads afterwards: unlike a pipe it is never full, so
/// that nobody waits for the other.
class Memo {
 public:
  Memo() : descriptor_(memfd_create("child", MFD_CLOEXEC)) {
    if (descriptor_ < 0) fail("memfd_create");
  }
  Memo(const Memo&) = delete;
  Memo& operator=(const Memo&) = delete;
  ~Memo() { close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  /// False where the machine's memory is full.
  [[nodiscard]] bool write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  [[nodiscard]] std::string text() const {
    std::string all;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t got = pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(all.size()));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

 private:
  int descriptor_;
};

[[noreturn]] void live_as_child(const std::function<std::string()>& body, const Memo& answer,
                                const Memo& errors) {
  const rlimit no_core_file{0, 0};
  setrlimit(RLIMIT_CORE, &no_core_file);
  dup2(errors.descriptor(), STDERR_FILENO);
  try {
    _exit(answer.write(body() + whole) ? 0 : exit_by_exception);
  } catch (const std::exception& e) {
    static_cast<void>(errors.write(fmt::format("exception: {}\n", e.what())));
    _exit(exit_by_exception);
  }
}

/// The line that says most: a sanitizer's summary, an undefined behaviour, or else the last one.
[[nodiscard]] std::string_view telling_line(std::string_view errors) {
  while (!errors.empty() && errors.back() == '\n') errors.remove_suffix(1);
  std::size_t at = errors.rfind('\n');
  for (const std::string_view mark : {"SUMMARY: ", "runtime error: "}) {
    if (const std::size_t found = errors.find(mark); found != std::string_view::npos) at = found;
    if (at != errors.rfind('\n')) break;
  }
  if (at == std::string_view::npos) return errors;
  const std::size_t begin = errors[at] == '\n' ? at + 1 : errors.rfind('\n', at) + 1;
  return errors.substr(begin, errors.find('\n', begin) - begin);
}

[[nodiscard]] std::string describe(int status, std::string_view errors) {
  std::string how;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
    how = "hung: no answer within its time";
  } else if (WIFSIGNALED(status)) {
    how = fmt::format("killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  } else {
    how = fmt::format("ended with exit status {}", WEXITSTATUS(status));
  }
  const std::string_view line = telling_line(errors);
  return line.empty() ? how : fmt::format("{}: {}", how, line);
}

}  // namespace

ChildEnd in_child(const std::function<std::string()>& body) {
  const Memo answer;
  const Memo errors;
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) live_as_child(body, answer, errors);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  ChildEnd end{std::nullopt, "", errors.text()};
  std::string text = answer.text();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !text.empty() && text.back() == whole) {
    text.pop_back();
    end.answer = std::move(text);
  } else {
    end.death = describe(status, end.errors);
  }
  return end;
}

void limit_time(unsigned seconds) {
  alarm(seconds);
}

}  // namespace poolhammer
