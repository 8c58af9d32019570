#include "harness/oracles/call_clauses.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "harness/trace/function.hpp"

namespace poolhammer {
namespace {

/// The clauses of each function, by id. Filled before main, read-only after.
using ByFunction = std::array<std::vector<CallClause>, functions>;
ByFunction& registered() {
  static ByFunction all;
  return all;
}

}  // namespace

void register_call_clause(const CallClause& clause) {
  for (const OperationKind function : clause.functions) {
    std::vector<CallClause>& of = registered()[static_cast<std::size_t>(function)];
    const auto place =
        std::upper_bound(of.begin(), of.end(), clause.id,
                         [](std::string_view id, const CallClause& other) { return id < other.id; });
    of.insert(place, clause);
  }
}

std::optional<Complaint> judge_call(const ObservedCall& observed, const ChosenOracles& chosen) {
  for (const CallClause& clause : registered()[static_cast<std::size_t>(observed.call.function)]) {
    if (clause.judge == nullptr || (clause.standard_only && !observed.standard)) continue;
    if (!chosen.wants_clause(clause.id)) continue;
    auto complaint = clause.judge(observed);
    if (!complaint) continue;
    complaint->oracle = std::string(contract_prefix) + std::string(clause.id);
    return complaint;
  }
  return std::nullopt;
}

bool judges_calls(std::string_view id) {
  return !promise_of(id).empty();
}

std::string_view promise_of(std::string_view id) {
  for (const std::vector<CallClause>& of : registered()) {
    const auto found = std::ranges::find(of, id, &CallClause::id);
    if (found != of.end()) return found->promise;
  }
  return {};
}

}  // namespace poolhammer
