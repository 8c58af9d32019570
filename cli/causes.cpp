#include "cli/causes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/run/cause.hpp"
#include "harness/trace/function.hpp"

namespace poolhammer::cli {

Causes::Causes(const std::filesystem::path& known) : known_(contract::Baseline::read(known)) {}

Causes::Row* Causes::add(const std::string& subject, const Trace& trace, const Finding& finding) {
  const std::string cause = cause_word(trace, finding);
  for (Row& row : rows_) {
    if (row.subject != subject || row.cause != cause) continue;
    ++row.times;
    return nullptr;
  }
  return &rows_.emplace_back(Row{.subject = subject,
                                 .cause = cause,
                                 .finding = finding,
                                 .file = {},
                                 .command = {},
                                 .remark = {},
                                 .known = known_.reason(subject, cause)});
}

bool Causes::news() const {
  return std::ranges::any_of(rows_, [](const Row& row) { return row.known.empty(); });
}

void Causes::write_known(const std::filesystem::path& file) {
  for (const Row& row : rows_)
    known_.accept(row.subject, row.cause, row.file.empty() ? "seen" : fmt::format("seen in {}", row.file));
  known_.write(file);
}

std::string cause_word(const Trace& trace, const Finding& finding) {
  std::string cause = to_string(cause_of(finding));
  // What was damaged shows later, in any call.
  constexpr std::array of_any_call = {std::string_view("shadow.contents"), std::string_view("memory")};
  const bool of_a_call = std::ranges::find(of_any_call, finding.oracle) == of_any_call.end() &&
                         !finding.oracle.starts_with("invariant.") && !finding.oracle.starts_with("model.");
  if (!of_a_call || finding.operation_index >= trace.operations.size()) return cause;
  const OperationKind kind = trace.operations[finding.operation_index].kind;
  return is_function(kind) ? fmt::format("{} of {}", cause, word(kind)) : cause;
}

}  // namespace poolhammer::cli
