#include "harness/contract/checker.hpp"

#include <algorithm>
#include <array>

#include "harness/contract/races.hpp"

namespace poolhammer::contract {
namespace {

/// A library that hung so often is given up.
constexpr std::uint64_t most_hangs = 30;
/// Programs of a clause and function are alike: what so many ends and hangs have not told, the rest hardly
/// will.
constexpr std::uint64_t most_ends_of_function = 32;
constexpr std::uint64_t most_hangs_of_function = 2;

/// What a block is before a byte of it is touched. Where one is wrong here, whatever comes of its use is the
/// same fault: the clause that promises this is accused, and no other.
constexpr std::array<std::string_view, 3> simplest = {"shadow.usable-size", "shadow.disjoint",
                                                      "shadow.refusal"};

/// The step that a finding names; null where it was seen after the last.
[[nodiscard]] const Operation* guilty_step(const BrokenPromise& broken) {
  const auto& operations = broken.trace.operations;
  return broken.finding.operation_index < operations.size() ? &operations[broken.finding.operation_index]
                                                            : nullptr;
}

[[nodiscard]] OperationKind kind_of_guilt(const BrokenPromise& broken) {
  const Operation* const step = guilty_step(broken);
  return step == nullptr ? OperationKind::check : step->kind;
}

/// Whether the program went wrong by what another clause promises more simply: what else it shows is no fault
/// of its own.
[[nodiscard]] bool spoilt(const Clause& clause, const Verdict& verdict) {
  if (!verdict.finding) return false;
  const std::string_view oracle = verdict.finding->oracle;
  return std::ranges::find(simplest, oracle) != simplest.end() &&
         std::ranges::find(clause.oracles, oracle) == clause.oracles.end();
}

[[nodiscard]] bool hangs(const Verdict& verdict) {
  return verdict.finding && verdict.finding->oracle == "hang";
}

[[nodiscard]] bool is_death(const Finding& finding) {
  return finding.oracle == "crash" || finding.oracle == "hang" || finding.oracle == "memory";
}

/// What an oracle says of a single call is that function's: where the clause is tried with it, it is found
/// again.
[[nodiscard]] bool is_of_another(const Clause& clause, Function function, const BrokenPromise& broken) {
  const std::string_view oracle = broken.finding.oracle;
  const bool of_a_call = oracle == "shadow.alignment" || oracle == "shadow.usable-size" ||
                         oracle == "shadow.refusal" || oracle.starts_with(contract_prefix);
  const Operation* const step = guilty_step(broken);
  return of_a_call && step != nullptr && step->kind != function &&
         std::ranges::find(clause.functions, step->kind) != clause.functions.end();
}

/// One hang is like another where the same function was called, whichever was tried.
[[nodiscard]] auto find_alike(std::vector<BrokenPromise>& all, const BrokenPromise& found) {
  return std::ranges::find_if(all, [&](const BrokenPromise& other) {
    const bool hang = found.finding.oracle == "hang" && other.finding.oracle == "hang";
    return (hang || other.function == found.function) && other.finding.oracle == found.finding.oracle &&
           kind_of_guilt(other) == kind_of_guilt(found);
  });
}

/// The program kept the rules up to its death only if usable bytes may be written: no standard says so.
[[nodiscard]] bool wrote_what_is_usable(const BrokenPromise& broken) {
  const auto& operations = broken.trace.operations;
  const auto end = operations.begin() +
                   static_cast<std::ptrdiff_t>(std::min(broken.finding.operation_index, operations.size()));
  return std::any_of(operations.begin(), end,
                     [](const Operation& operation) { return operation.kind == OperationKind::fill_usable; });
}

}  // namespace

ClauseResult Checker::check(const Clause& clause) {
  ClauseResult result;
  result.clause = clause;
  clause_began_ = budget_.seconds();
  bool cut_off = ends_at_start_;
  for (const Function function : clause.functions) {
    if (!knowledge_.has(function)) {
      result.missing.push_back(function);
    } else if (!clause.standard_only || target_.standard()) {
      cut_off = cut_off || budget_.over(part_for_trying);
      if (!cut_off) check(clause, function, result);
    }
  }
  const bool ended = result.ended > 0 && result.judged == 0 && result.description.empty();
  if (!result.broken.empty())
    result.verdict = ClauseVerdict::broken;
  else if (result.untried > 0 || cut_off || ended)
    result.verdict = ClauseVerdict::untried;
  else if (!result.description.empty())
    result.verdict = ClauseVerdict::profile;
  else if (result.judged > 0)
    result.verdict = ClauseVerdict::kept;
  return result;
}

std::vector<BrokenPromise> Checker::take_deaths() {
  std::erase_if(deaths_, [this](const BrokenPromise& death) {
    return std::find(told_.begin(), told_.end(), cause_of_death(death)) != told_.end();
  });
  return std::move(deaths_);
}

void Checker::note_death_at_start(const BrokenPromise& death) {
  ends_at_start_ = true;
  tell(survival, death);
  deaths_.push_back(death);
}

bool Checker::try_first_calls() {
  const auto limit = runner_.time_limit();
  runner_.limit_time(std::min(limit, enough_time()));
  for (const Function function : all_allocators()) {
    if (!knowledge_.has(function) || sure_hangs_ > 0 || budget_.over(part_for_trying)) continue;
    const std::uint64_t alignment = asks_alignment(function) ? sizeof(void*) : 0;
    BrokenPromise death;
    death.function = function;
    death.trace.operations = {allocation(0, function, 1, alignment)};
    death.options = directed({"none"}, false);
    const auto performed = runner_.perform(death.trace, death.options);
    if (!hangs(performed.verdict)) continue;
    ++hangs_;
    ++sure_hangs_;
    death.finding = *performed.verdict.finding;
    death.death = performed.death;
    tell(survival, death);
    deaths_.push_back(std::move(death));
  }
  // Where something hung, the runner has learned to give less.
  if (sure_hangs_ == 0) runner_.limit_time(limit);
  return sure_hangs_ == 0;
}

void Checker::check(const Clause& clause, Function function, ClauseResult& result) {
  Tried tried;
  tried.programs = clause.programs(knowledge_, function);
  if (tried.programs.empty()) return;
  RunOptions options = directed(clause.all_oracles(), clause.of_contents());
  options.only.insert(options.only.end(), simplest.begin(), simplest.end());
  options.coalesces = knowledge_.coalesces;
  // What races show cannot be confirmed: it may not show again.
  runner_.load_each(std::ranges::any_of(tried.programs, races));
  try {
    runner_.renew();
    for (; tried.done < tried.programs.size() && !given_up(tried); ++tried.done)
      run(clause, function, options, tried, result);
  } catch (const library::GivenUp&) {  // what is left was not tried
  }
  runner_.load_each(false);
  result.tried.push_back(function);
  result.untried += tried.programs.size() - tried.done;
  result.programs += tried.done;
  programs_ += tried.done;
  if (clause.tier == Tier::profile && tried.done == tried.programs.size())
    result.description.emplace_back(function,
                                    clause.describe(knowledge_, function, tried.programs, tried.observed));
}

bool Checker::given_up(const Tried& tried) const {
  return hangs_ >= most_hangs || tried.ends >= most_ends_of_function ||
         tried.hangs >= most_hangs_of_function || budget_.over(part_for_trying) ||
         budget_.spent_since(clause_began_) > part_for_clause;
}

void Checker::run(const Clause& clause, Function function, const RunOptions& options, Tried& tried,
                  ClauseResult& result) {
  if (clause.alone) {
    runner_.renew();
    tried.first_of_process = tried.done;
  }
  const Trace trace{LayoutId::classic, tried.programs[tried.done]};
  bool sure = true;
  const bool of_profile = clause.tier == Tier::profile;
  const auto performed = of_profile ? describe_briefly(trace, options) : perform(trace, options, sure);
  if (runner_.is_slow()) budget_.hold_usual();
  const RunStatistics& statistics = performed.verdict.statistics;
  if (of_profile) {
    tried.observed.push_back({{performed.records.begin(), performed.records.end()}, performed.death});
  } else if (spoilt(clause, performed.verdict)) {
    BrokenPromise stray{.function = function,
                        .trace = trace,
                        .finding = *performed.verdict.finding,
                        .death = {},
                        .options = options,
                        .before = {}};
    if (const Operation* const step = guilty_step(stray); step != nullptr && is_function(step->kind))
      stray.function = step->kind;
    (void)add(strays_, std::move(stray), tried);
  } else {
    // Of a block that was refused nothing can be said but by the clause that judges the call.
    const std::uint64_t made = statistics.operations - std::min(statistics.operations, statistics.skipped);
    result.judged +=
        clause.judge != nullptr || clause.of_the_answer ? made : made - std::min(made, statistics.refused);
    if (performed.verdict.finding && sure)
      note(clause, function, performed.died_in,
           {.function = function,
            .trace = trace,
            .finding = *performed.verdict.finding,
            .death = is_death(*performed.verdict.finding) ? performed.death : "",
            .options = options,
            .before = {}},
           tried, result);
  }
  if (!runner_.goes_on()) tried.first_of_process = tried.done + 1;
  if (performed.death.empty()) return;
  ++tried.ends;
  ++result.ended;
  if (of_profile) return;
  tried.hangs += hangs(performed.verdict) ? 1 : 0;
  hangs_ += hangs(performed.verdict) ? 1 : 0;
}

/// A misuse may well hang, which is described and no fault: it gets little time.
library::LibraryRunner::Performed Checker::describe_briefly(const Trace& trace, const RunOptions& options) {
  constexpr int part = 20;
  const auto limit = runner_.time_limit();
  runner_.limit_time(std::min(limit, time_ / part));
  auto performed = runner_.perform(trace, options);
  runner_.limit_time(limit);
  return performed;
}

/// No allocator kills its own process by SIGKILL: somebody did, or the system, whose memory was short. What
/// does it again when it is performed alone is its own doing after all. A program that got little time, as
/// others hung before it, may have been slow and no more: a few of these get more time, and of the rest
/// nobody is `sure`.
library::LibraryRunner::Performed Checker::perform(const Trace& trace, const RunOptions& options,
                                                   bool& sure) {
  constexpr std::uint64_t most_sure = 2;
  const auto enough = enough_time();
  const auto limit = runner_.time_limit();
  auto performed = runner_.perform(trace, options);
  if (performed.killed) performed = runner_.perform(trace, options);
  if (hangs(performed.verdict) && limit < enough && sure_hangs_ < most_sure) {
    const auto least = runner_.time_limit();
    runner_.limit_time(enough);
    performed = runner_.perform(trace, options);
    runner_.limit_time(least);
    sure_hangs_ += hangs(performed.verdict) ? 1 : 0;
  } else if (hangs(performed.verdict)) {
    sure = limit >= enough;
    sure_hangs_ += sure ? 1 : 0;
  }
  return performed;
}

void Checker::note(const Clause& clause, Function function, std::optional<Function> died_in,
                   BrokenPromise found, const Tried& tried, ClauseResult& result) {
  if (!found.died()) {
    if (!is_of_another(clause, function, found) &&
        add(result.broken, std::move(found), tried) == Added::as_new)
      tell(clause.id, result.broken.back());
    return;
  }
  // It is the function's in whose call it comes, whichever is tried.
  if (died_in) found.function = *died_in;
  // A clause that is broken may well bring a death with it.
  if (!result.broken.empty() && !clause.of_the_answer) return;
  if (wrote_what_is_usable(found) &&
      (find_alike(overwritten_, found) != overwritten_.end() || !dies_all_the_same(found))) {
    (void)add(overwritten_, std::move(found), tried);
    return;
  }
  const Operation* const step = guilty_step(found);
  const bool of_the_answer =
      clause.of_the_answer && died_in == function && step != nullptr &&
      (step->kind == function || (step->kind == OperationKind::recycle && step->by == function));
  const Cause cause = cause_of_death(found);
  auto& all = of_the_answer ? result.broken : deaths_;
  const Added added = add(all, std::move(found), tried);
  if (of_the_answer && added != Added::not_at_all) told_.push_back(cause);
  if (added == Added::as_new) tell(of_the_answer ? clause.id : survival, all.back());
}

/// Whether the program dies in the same function also where it writes no more than the bytes that it asked
/// for. Then that is the program of the death.
bool Checker::dies_all_the_same(BrokenPromise& found) {
  Trace modest = found.trace;
  for (Operation& operation : modest.operations) {
    if (operation.kind == OperationKind::fill_usable)
      operation =
          canonical({.kind = OperationKind::fill, .slot = operation.slot, .thread = operation.thread});
  }
  runner_.renew();
  const auto performed = runner_.perform(modest, found.options);
  if (!performed.verdict.finding || !is_death(*performed.verdict.finding) ||
      performed.died_in.value_or(found.function) != found.function)
    return false;
  found.trace = std::move(modest);
  found.finding = *performed.verdict.finding;
  found.death = performed.death;
  return true;
}

void Checker::tell(std::string_view clause, const BrokenPromise& broken) {
  budget_.hold_usual();
  if (noticed_) noticed_(clause, broken);
}

Checker::Cause Checker::cause_of_death(const BrokenPromise& death) {
  return {death.function, death.death};
}

/// One finding a function and kind of step: the rest is counted.
Checker::Added Checker::add(std::vector<BrokenPromise>& all, BrokenPromise found, const Tried& tried) {
  const auto alike = find_alike(all, found);
  if (alike != all.end()) {
    ++alike->others;
    return Added::as_another;
  }
  for (std::size_t program = tried.first_of_process; program < tried.done; ++program)
    found.before.push_back({LayoutId::classic, tried.programs[program]});
  if (!runner_.confirms(found.finding, found.before, found.trace, found.options)) return Added::not_at_all;
  all.push_back(std::move(found));
  return Added::as_new;
}

}  // namespace poolhammer::contract
