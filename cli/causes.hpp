#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/report/finding.hpp"
#include "harness/report/known.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::cli {

/// Which findings do not end a search.
struct GoOnOptions {
  bool keep_going = false;
  std::filesystem::path known;        ///< empty: nothing is
  std::filesystem::path write_known;  ///< empty: no file is written

  /// Whether a finding may be passed by.
  [[nodiscard]] bool goes_on() const { return keep_going || !known.empty() || !write_known.empty(); }
};

/// Adds --keep-going, --known and --write-known.
void add_go_on_options(CLI::App& command, GoOnOptions& options);
/// The words that say the same, each with a blank before it.
[[nodiscard]] std::string to_words(const GoOnOptions& options);

/// The findings of a search that goes on, one a cause.
class Causes {
 public:
  struct Row {
    std::string subject;
    std::string cause;  ///< see cause_word()
    Finding finding;    ///< the first
    std::string file;   ///< of its program; empty where it could not be written
    std::string command;
    std::string remark;
    std::string known;        ///< why it is accepted; empty: it is new
    std::uint64_t times = 1;  ///< programs that showed it
  };

  /// Throws as Known::read does. The options must outlive it.
  explicit Causes(const GoOnOptions& options);

  /// Counts a finding; the row where it is the first of its cause, else null. The row is valid until the
  /// next.
  [[nodiscard]] Row* add(const std::string& subject, const Trace& trace, const Finding& finding);
  /// Writes the program to the row's file. Where that cannot be, it is said, and the row has none.
  static void keep_program(Row& row, const Trace& trace);
  /// Whether the search goes on behind it.
  [[nodiscard]] bool passes_by(const Row& row) const {
    return options_.keep_going || !options_.write_known.empty() || !row.known.empty();
  }
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  [[nodiscard]] std::vector<Row>& rows() { return rows_; }
  /// Whether one is not accepted.
  [[nodiscard]] bool news() const;
  /// Where --write-known was given, writes a file that accepts all of these and what was accepted before, and
  /// says so. Throws InputError where it cannot be written.
  [[nodiscard]] bool write_known();

  /// To read: the cause and how often it was seen where the search goes on, and the finding.
  [[nodiscard]] std::string to_text(const Row& row) const;
  [[nodiscard]] nlohmann::ordered_json as_json() const;
  /// The first that is new, which is what a search ends with that does not go on; null where there is none.
  [[nodiscard]] nlohmann::ordered_json first_as_json() const;

 private:
  [[nodiscard]] static nlohmann::ordered_json to_json(const Row& row);

  const GoOnOptions& options_;
  Known known_;
  std::vector<Row> rows_;
};

}  // namespace poolhammer::cli
