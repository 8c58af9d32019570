#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/contract/baseline.hpp"
#include "harness/report/finding.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer::cli {

/// The findings of a run that goes on, one a cause.
class Causes {
 public:
  struct Row {
    std::string subject;
    std::string cause;  ///< "shadow.zeroed of calloc": see cause_word()
    Finding finding;    ///< the first
    std::string file;   ///< of its program; empty where it could not be written
    std::string command;
    std::string remark;
    std::string known;        ///< why it is accepted; empty: it is new
    std::uint64_t times = 1;  ///< programs that showed it
  };

  Causes() = default;
  /// What the file accepts is known. Throws as Baseline::read does.
  explicit Causes(const std::filesystem::path& known);

  /// Counts a finding; the row where it is the first of its cause, else null. The row is valid until the
  /// next.
  [[nodiscard]] Row* add(const std::string& subject, const Trace& trace, const Finding& finding);
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
  /// Whether one is not accepted.
  [[nodiscard]] bool news() const;
  /// A file that accepts all of these and what was accepted before. Throws InputError where it cannot be
  /// written.
  void write_known(const std::filesystem::path& file);

 private:
  contract::Baseline known_;
  std::vector<Row> rows_;
};

/// What findings of one bug have in common, in words: the cause, and where the oracle judges a single call
/// the function that was called.
[[nodiscard]] std::string cause_word(const Trace& trace, const Finding& finding);

}  // namespace poolhammer::cli
