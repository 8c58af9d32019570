#include "properties/support/child.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <exception>
#include <stdexcept>
#include <string_view>

#include "harness/process/child_process.hpp"

namespace poolhammer {
namespace {

constexpr int exit_by_exception = 70;
constexpr char whole = '.';  // ends an answer that was written to its end

[[nodiscard]] int live_as_child(const std::function<std::string()>& body, const MemoryFile& answer) {
  try {
    return answer.write(body() + whole) ? 0 : exit_by_exception;
  } catch (const std::exception& e) {
    const std::string line = fmt::format("exception: {}\n", e.what());
    (void)!write(STDERR_FILENO, line.data(), line.size());
    return exit_by_exception;
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

[[nodiscard]] std::string describe(const ProcessEnd& end) {
  const std::string_view line = telling_line(end.output);
  return line.empty() ? to_string(end) : fmt::format("{}: {}", to_string(end), line);
}

}  // namespace

ChildEnd in_child(const std::function<std::string()>& body) {
  const MemoryFile answer;
  ChildProcess child([&] { return live_as_child(body, answer); });
  // The body limits its own time, case by case.
  ProcessEnd ended = child.wait({.time = std::chrono::milliseconds(0), .resident_bytes = any_memory});
  if (ended.how == ProcessEnd::How::not_started) throw std::runtime_error(to_string(ended));
  if (ended.how == ProcessEnd::How::signal && hung_by_own_limit(ended.status))
    ended.how = ProcessEnd::How::hang;
  ChildEnd end{std::nullopt, "", ended.output};
  std::string text = answer.text();
  if (ended.well() && !text.empty() && text.back() == whole) {
    text.pop_back();
    end.answer = std::move(text);
  } else {
    end.death = describe(ended);
  }
  return end;
}

}  // namespace poolhammer
