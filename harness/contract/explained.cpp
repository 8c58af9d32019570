#include "harness/contract/explained.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "harness/contract/random_programs.hpp"
#include "harness/oracles/thread_loss.hpp"

namespace poolhammer::contract {
namespace {

/// The clause that promises most simply against what an oracle saw; empty where there is none.
[[nodiscard]] std::string simplest_clause(const BrokenPromise& broken) {
  constexpr std::array<std::string_view, 3> of_one_clause = {"shadow.kept", "shadow.zeroed",
                                                             "shadow.contents"};
  const std::string& oracle = broken.finding.oracle;
  // Of blocks that are smaller than was asked for, some overlap.
  if (oracle == "shadow.disjoint") return "usable.at-least";
  // What is lost with each thread is lost whoever frees it.
  if (oracle == loss_by_others_oracle) return "threads.leave-nothing";
  const bool has_one = std::ranges::find(of_one_clause, oracle) != of_one_clause.end();
  return has_one ? clause_of(broken.finding, broken.function) : "";
}

[[nodiscard]] bool has_threads(const Trace& trace) {
  return std::ranges::any_of(trace.operations, [](const Operation& operation) {
    return operation.thread != 0 || has_crowd(operation.kind) || has_generations(operation.kind);
  });
}

/// Whether a function ends the process as it does in a clause that is broken: where it cannot fail without
/// that, it comes to nothing that a new handler throws.
[[nodiscard]] bool fails_alike(const ClauseResult& other, const BrokenPromise& broken) {
  return other.clause.id == "new.fails" && std::ranges::any_of(other.broken, [&](const BrokenPromise& known) {
           return known.died() && broken.died() && known.function == broken.function;
         });
}

}  // namespace

void drop_explained(const std::vector<ClauseResult>& all, ClauseResult& result) {
  const auto accused = [&all](std::string_view id) {
    return std::ranges::any_of(all, [id](const ClauseResult& other) {
      return other.clause.id == id && other.verdict == ClauseVerdict::broken;
    });
  };
  if (result.verdict != ClauseVerdict::broken) return;
  std::erase_if(result.broken, [&](const BrokenPromise& broken) {
    std::string simple = simplest_clause(broken);
    if (result.clause.id == "new.handler-throws" &&
        std::ranges::any_of(all, [&](const ClauseResult& other) { return fails_alike(other, broken); }))
      simple = "new.fails";
    const bool explained = simple != result.clause.id && accused(simple);
    if (explained) result.explained_by.insert(simple);
    return explained;
  });
  // What went wrong by another fault shows neither that the promise is kept nor that it is broken.
  if (result.broken.empty()) result.verdict = ClauseVerdict::untried;
}

bool dirty_calloc(const std::vector<ClauseResult>& results) {
  return std::ranges::any_of(results, [](const ClauseResult& result) {
    return result.clause.id == "calloc.zero" && result.verdict == ClauseVerdict::broken;
  });
}

void drop_deaths_of_threads(const std::vector<ClauseResult>& results, std::vector<BrokenPromise>& deaths) {
  if (!dirty_calloc(results)) return;
  std::erase_if(deaths, [](const BrokenPromise& death) { return has_threads(death.trace); });
}

}  // namespace poolhammer::contract
