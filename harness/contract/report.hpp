#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/contract/clause_finding.hpp"

namespace poolhammer::contract {

/// All that is told of one library.
struct CheckReport {
  CheckResult result;
  std::vector<ClauseFinding> findings;
  std::string version;              ///< see version_of
  std::vector<std::string> healed;  ///< ids of clauses that the baseline accepts and that nothing breaks now
  std::string cut = {};  ///< why it was ended before all was tried: "interrupted"; empty: it was not

  [[nodiscard]] const std::string& subject() const { return result.target.library.name; }
  /// Findings that no baseline accepts.
  [[nodiscard]] std::uint64_t news() const;
  /// The findings of a clause, in order.
  [[nodiscard]] std::vector<const ClauseFinding*> of(std::string_view clause) const;
  /// What is said of a clause; null: nothing, it was not tried.
  [[nodiscard]] const ClauseResult* result_of(std::string_view clause) const;
  /// How many clauses got the verdict.
  [[nodiscard]] std::uint64_t count(ClauseVerdict verdict) const;
};

/// "libjemalloc2 5.3.0-1": the Debian package that the file is of and its version; where none owns it, the
/// file's name without its folder.
[[nodiscard]] std::string version_of(const std::string& file);

/// What a profile says of a library: "malloc, calloc: a block of 8 bytes", functions of equal words as one, a
/// line each.
[[nodiscard]] std::vector<std::string> profile_lines(const ClauseResult& clause);

/// The findings of a clause, to read. Where programs were written, `folder` is what their names stand behind.
[[nodiscard]] std::string broken_text(const Clause& clause, std::span<const ClauseFinding* const> findings,
                                      const std::string& folder);
/// What became of all clauses, to read: the counts, and which were kept, absent, untried, permitted choices.
[[nodiscard]] std::string summary_text(const CheckReport& report);
/// The whole report to read: both.
[[nodiscard]] std::string to_text(const CheckReport& report, const std::string& folder);
/// What a finding says in one line: "realloc(b0, 9) of b0 = malloc(48): promised ..., happened: ...".
[[nodiscard]] std::string to_line(const ClauseFinding& finding);
/// How far its program bears it out: "reproduced by", "not reproduced (...)", and what else is to be known of
/// it.
[[nodiscard]] std::string standing(const ClauseFinding& finding);
/// The report for programs: {"subject", "version", "clauses": [...]}.
[[nodiscard]] nlohmann::ordered_json to_json(const CheckReport& report);

enum class MatrixFormat : std::uint8_t { text, markdown, json, html };
inline constexpr std::array<std::string_view, 4> matrix_format_words = {"text", "markdown", "json", "html"};

/// One table of all libraries: a row a clause, a column a library.
[[nodiscard]] std::string matrix(std::span<const CheckReport> reports, MatrixFormat format);
/// The same as a page that needs no other file; broken cells lead to the findings with their programs.
[[nodiscard]] std::string matrix_page(std::span<const CheckReport> reports);

}  // namespace poolhammer::contract
