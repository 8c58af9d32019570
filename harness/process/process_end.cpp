#include "harness/process/process_end.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstring>

namespace poolhammer {
namespace {

/// From `begin` to before the first of `ends`.
[[nodiscard]] std::string_view word_at(std::string_view text, std::size_t begin, std::string_view ends) {
  return text.substr(begin, std::min(text.find_first_of(ends, begin), text.size()) - begin);
}

/// "READ" or "WRITE", of AddressSanitizer's report; how much depends on the program.
[[nodiscard]] std::string_view access_in(std::string_view output) {
  for (const std::string_view access : {"READ", "WRITE"}) {
    if (output.find(fmt::format("\n{} of size ", access)) != std::string_view::npos) return access;
  }
  return {};
}

}  // namespace

int ProcessEnd::shell_status() const {
  switch (how) {
    case How::exited:
      return status;
    case How::signal:
      return 128 + status;
    case How::hang:
    case How::memory:
      return 128 + SIGKILL;
    case How::not_started:
      break;
  }
  return 127;
}

ProcessEnd end_of_status(int status) {
  if (WIFSIGNALED(status)) return {.how = ProcessEnd::How::signal, .status = WTERMSIG(status), .output = {}};
  return {.how = ProcessEnd::How::exited, .status = WEXITSTATUS(status), .output = {}};
}

std::string to_string(const ProcessEnd& end) {
  switch (end.how) {
    case ProcessEnd::How::exited:
      return fmt::format("ended with status {}", end.status);
    case ProcessEnd::How::signal:
      return fmt::format("died by signal {} ({})", end.status, strsignal(end.status));
    case ProcessEnd::How::hang:
      return "did not end in time";
    case ProcessEnd::How::memory:
      return "took more memory than allowed";
    case ProcessEnd::How::not_started:
      return fmt::format("could not be started: {}", std::strerror(end.status));
  }
  return {};
}

std::string how_it_died(const ProcessEnd& end) {
  const std::string_view output = end.output;
  // UndefinedBehaviorSanitizer: "FILE:LINE:COLUMN: runtime error: division by zero".
  constexpr std::string_view runtime_error = "runtime error: ";
  if (const std::size_t found = output.find(runtime_error); found != std::string_view::npos)
    return fmt::format("UndefinedBehaviorSanitizer: {}",
                       word_at(output, found + runtime_error.size(), "0123456789\n"));
  // "==1==ERROR: AddressSanitizer: use-after-poison on address ...".
  constexpr std::string_view error = "ERROR: ";
  if (const std::size_t found = output.find(error); found != std::string_view::npos) {
    const std::size_t name_end = output.find(": ", found + error.size());
    if (name_end != std::string_view::npos) {
      const std::string_view name = output.substr(found + error.size(), name_end - found - error.size());
      const std::string_view access = access_in(output);
      return fmt::format("{}: {}{}{}", name, word_at(output, name_end + 2, " \n"), access.empty() ? "" : ", ",
                         access);
    }
  }
  return to_string(end);
}

}  // namespace poolhammer
