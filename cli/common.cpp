#include "cli/common.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "cli/commands.hpp"

namespace poolhammer::cli {

std::unique_ptr<Subject> subject_named(const std::string& name) {
  std::unique_ptr<Subject> subject = make_subject(name);
  if (subject != nullptr) return subject;
  std::string known;
  for (const SubjectKind& kind : subject_kinds())
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  throw UsageError(fmt::format("no subject '{}'; there are {}", name, known));
}

TraceFormat format_named(const std::string& name) {
  using enum TraceFormat;
  constexpr std::array<std::pair<std::string_view, TraceFormat>, 8> words = {{{"auto", automatic},
                                                                              {"binary", binary},
                                                                              {"text", text},
                                                                              {"raw", raw},
                                                                              {"rep", rep},
                                                                              {"logalloc", logalloc},
                                                                              {"mtrace", mtrace},
                                                                              {"valgrind", valgrind}}};
  std::string known;
  for (const auto& [word, format] : words) {
    if (word == name) return format;
    known += (known.empty() ? "" : ", ") + std::string(word);
  }
  throw UsageError(fmt::format("no format '{}'; there are {}", name, known));
}

nlohmann::ordered_json to_json(const Finding& finding) {
  return {{"oracle", finding.oracle},       {"operation_index", finding.operation_index},
          {"operation", finding.operation}, {"where", finding.where},
          {"expected", finding.expected},   {"found", finding.found}};
}

nlohmann::ordered_json to_json(const RunStatistics& statistics) {
  return {{"operations", statistics.operations},
          {"skipped", statistics.skipped},
          {"refused", statistics.refused},
          {"checks", statistics.checks},
          {"peak_live_blocks", statistics.peak_live_blocks},
          {"peak_live_bytes", statistics.peak_live_bytes}};
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3; place -= 3) text.insert(place - 3, " ");
  return text;
}

Progress::Progress() : start_(std::chrono::steady_clock::now()), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  end_line();
}

double Progress::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Progress::report(double share, const std::string& text) {
  if (terminal_) {
    const double now = seconds();
    if (now - last_shown_ < 0.1) return;
    last_shown_ = now;
    fmt::print(stderr, "\r{:3.0f} %  {}\x1b[K", share * 100, text);
    std::fflush(stderr);
    line_open_ = true;
  } else if (static_cast<int>(share * 10) > tenths_) {
    tenths_ = static_cast<int>(share * 10);
    fmt::print(stderr, "{:3} %  {}\n", tenths_ * 10, text);
  }
}

void Progress::end_line() {
  if (line_open_) fmt::print(stderr, "\n");
  line_open_ = false;
}

}  // namespace poolhammer::cli
