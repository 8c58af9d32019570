#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "harness/library/library_runner.hpp"
#include "harness/report/finding_json.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::cli {

/// A new subject, named by an option. Throws UsageError, with the names that there are, for any other name.
[[nodiscard]] std::unique_ptr<Subject> subject_named(const std::string& name,
                                                     std::string_view option = "--subject",
                                                     unsigned instance = 0);

/// The subject for a layout, such as "pymalloc:tiny".
[[nodiscard]] std::string home_subject(LayoutId layout);

[[nodiscard]] nlohmann::ordered_json to_json(const RunStatistics& statistics);

/// The text of a result for programs, with its newline. Bytes of a file's name that are not UTF-8 are
/// replaced.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& json);

/// Writes a result to standard output. Throws OutputError where it cannot be written.
void put(std::string_view text);
/// Lets the reader have what was put so far. Throws as put() does.
void hand_out();

/// Says in one line on standard error what is wrong, behind what standard output has been given so far.
void complain(std::string_view what);

/// Says on standard error of a library's program that it may hang, with the last steps of it; or that it went
/// on.
void tell(std::string_view library, const library::Suspicion& suspicion);

/// "1234567" as "1 234 567".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// "1 finding", "2 findings".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view thing);

/// Progress on standard error: a line that is rewritten on a terminal, a line every tenth of the way
/// elsewhere.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  /// `share` of the way is done, from 0 to 1.
  void report(double share, const std::string& text);
  /// The same where nobody knows how long the way is: elsewhere than on a terminal a line after one second,
  /// two, four and so on.
  void report(const std::string& text);
  /// Ends the rewritten line, so that the next output has a line of its own.
  void end_line();

  /// Seconds since this was made.
  [[nodiscard]] double seconds() const;

 private:
  std::chrono::steady_clock::time_point start_;
  bool terminal_;
  bool line_open_ = false;
  int tenths_ = 0;
  double next_line_ = 1;
  double last_shown_ = -1;
};

}  // namespace poolhammer::cli
