#include "cli/common.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stdio_ext.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli/commands.hpp"
#include "harness/base/counted.hpp"
#include "harness/base/scan.hpp"

namespace poolhammer::cli {

std::unique_ptr<Subject> subject_named(const std::string& name, std::string_view option, unsigned instance) {
  std::unique_ptr<Subject> subject = make_subject(name, instance);
  if (subject != nullptr) return subject;
  std::string known;
  for (const SubjectKind& kind : subject_kinds())
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  throw UsageError(
      fmt::format("{}: no subject {}; there are {}, and lib:PATH", option, in_quotes(name), known));
}

std::string home_subject(LayoutId layout) {
  return fmt::format("pymalloc:{}", word(layout));
}

nlohmann::ordered_json to_json(const RunStatistics& statistics) {
  return {{"operations", statistics.operations},
          {"skipped", statistics.skipped},
          {"refused", statistics.refused},
          {"checks", statistics.checks},
          {"peak_live_blocks", statistics.peak_live_blocks},
          {"peak_live_bytes", statistics.peak_live_bytes}};
}

std::string to_text(const nlohmann::ordered_json& json) {
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

namespace {

[[noreturn]] void refuse_output() {
  const int error = errno;
  // What is left in the buffer cannot be written either: finding that out again would say it twice.
  __fpurge(stdout);
  throw OutputError(fmt::format("standard output: cannot be written: {}", std::strerror(error)));
}

}  // namespace

void put(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) refuse_output();
}

void hand_out() {
  if (std::fflush(stdout) != 0) refuse_output();
}

void complain(std::string_view what) {
  std::fflush(stdout);
  fmt::print(stderr, "poolhammer: {}\n", in_one_line(what));
}

void tell(std::string_view library, const library::Suspicion& suspicion) {
  const auto seconds = [](std::chrono::milliseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  if (suspicion.went_on) {
    fmt::print(stderr, "{}: {}: the program went on, and ended after {:.1f} s: it does not hang\n", library,
               suspicion.step, seconds(suspicion.taken));
    return;
  }
  fmt::print(
      stderr,
      "{}: {}: has not ended after {:.1f} s{}{}, and no program before took more than {:.1f}: it may hang, "
      "which is decided after {:.0f} (--timeout)\n",
      library, suspicion.step, seconds(suspicion.taken), suspicion.inside.empty() ? "" : ", ",
      suspicion.inside, seconds(suspicion.usual), seconds(suspicion.limit));
  if (suspicion.inside.empty()) return;
  const std::string others = suspicion.programs == 0 ? ""
                                                     : fmt::format(", after {} in the same process",
                                                                   counted(suspicion.programs, "other"));
  fmt::print(stderr, "  its program{}: {}{}{}{}\n", others,
             suspicion.steps > suspicion.before.size() ? "...; " : "", fmt::join(suspicion.before, "; "),
             suspicion.before.empty() ? "" : "; ", suspicion.step);
}

std::string counted(std::uint64_t number, std::string_view thing) {
  return fmt::format("{} {}", grouped(number), noun_after(number, thing));
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

void Progress::report(const std::string& text) {
  const double now = seconds();
  if (terminal_) {
    if (now - last_shown_ < 0.1) return;
    last_shown_ = now;
    fmt::print(stderr, "\r{}\x1b[K", text);
    std::fflush(stderr);
    line_open_ = true;
  } else if (now >= next_line_) {
    next_line_ = 2 * now;
    fmt::print(stderr, "{}\n", text);
  }
}

void Progress::end_line() {
  if (line_open_) fmt::print(stderr, "\n");
  line_open_ = false;
}

}  // namespace poolhammer::cli
