#include "harness/contract/baseline.hpp"

namespace poolhammer::contract {

void apply(const Known& known, CheckReport& report) {
  for (ClauseFinding& finding : report.findings)
    finding.accepted = known.reason(report.subject(), finding.clause);
  for (const ClauseResult& clause : report.result.clauses) {
    const std::string id(clause.clause.id);
    const bool whole = clause.verdict != ClauseVerdict::untried && clause.verdict != ClauseVerdict::broken;
    if (whole && !known.reason(report.subject(), id).empty()) report.healed.push_back(id);
  }
}

void accept(Known& known, std::span<const CheckReport> reports) {
  for (const CheckReport& report : reports) {
    for (const std::string& clause : report.healed) known.forget(report.subject(), clause);
    for (const ClauseFinding& finding : report.findings)
      known.accept(report.subject(), finding.clause, to_line(finding));
  }
}

}  // namespace poolhammer::contract
