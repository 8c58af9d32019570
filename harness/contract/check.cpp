#include "harness/contract/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "harness/base/format_error.hpp"
#include "harness/contract/explained.hpp"
#include "harness/contract/random_programs.hpp"

namespace poolhammer::contract {
namespace {

/// A library that hung so often is given up: each hang costs its whole limit.
constexpr std::uint64_t most_hangs = 4;
/// Programs of a clause and function are alike: what so many ends and hangs have not told, the rest hardly
/// will.
constexpr std::uint64_t most_ends_of_function = 32;
constexpr std::uint64_t most_hangs_of_function = 2;

/// What a block is before a byte of it is touched. Where one is wrong here, whatever comes of its use is the
/// same fault: the clause that promises this is accused, and no other.
constexpr std::array<std::string_view, 3> simplest = {"shadow.usable-size", "shadow.disjoint",
                                                      "shadow.refusal"};

[[nodiscard]] bool chosen(const Clause& clause, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&clause](const std::string& word) {
           return clause.id == word || clause.id.starts_with(word + ".");
         });
}

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

/// Tries the clauses one by one, and keeps what kills the library apart: whichever promise was being tried
/// then, the broken one is that a program that keeps the rules goes on.
class Checker {
 public:
  Checker(library::LibraryRunner& runner, const Target& target, const Knowledge& knowledge)
      : runner_(runner), target_(target), knowledge_(knowledge) {}

  [[nodiscard]] ClauseResult check(const Clause& clause) {
    ClauseResult result;
    result.clause = clause;
    if (ends_at_start_) {
      result.verdict = ClauseVerdict::untried;
      return result;
    }
    for (const Function function : clause.functions) {
      if (!knowledge_.has(function))
        result.missing.push_back(function);
      else if (!clause.standard_only || target_.standard())
        check(clause, function, result);
    }
    if (!result.broken.empty())
      result.verdict = ClauseVerdict::broken;
    else if (result.untried > 0)
      result.verdict = ClauseVerdict::untried;
    else if (!result.description.empty())
      result.verdict = ClauseVerdict::profile;
    else if (result.judged > 0)
      result.verdict = ClauseVerdict::kept;
    return result;
  }

  /// The deaths after a write into usable bytes that nobody asked for.
  [[nodiscard]] std::vector<BrokenPromise> take_overwritten() { return std::move(overwritten_); }

  /// The deaths that no clause has told of, in whichever clause's programs they came.
  [[nodiscard]] std::vector<BrokenPromise> take_deaths() {
    std::erase_if(deaths_, [this](const BrokenPromise& death) {
      return std::find(told_.begin(), told_.end(), cause_of_death(death)) != told_.end();
    });
    return std::move(deaths_);
  }
  [[nodiscard]] std::uint64_t programs() const { return programs_; }

  /// The library ended its process as it was loaded: with the shortest program.
  void note_death_at_start(const BrokenPromise& death) {
    ends_at_start_ = true;
    deaths_.push_back(death);
  }

 private:
  /// The programs of a clause and function, as far as they were run.
  struct Tried {
    std::vector<Program> programs;
    std::vector<Observed> observed;  ///< of a profile
    std::uint64_t ends = 0;
    std::uint64_t hangs = 0;
    std::size_t done = 0;
    std::size_t first_of_process = 0;
  };

  void check(const Clause& clause, Function function, ClauseResult& result) {
    Tried tried;
    tried.programs = clause.programs(knowledge_, function);
    if (tried.programs.empty()) return;
    RunOptions options = directed(clause.all_oracles(), clause.of_contents());
    options.only.insert(options.only.end(), simplest.begin(), simplest.end());
    runner_.renew();
    for (; tried.done < tried.programs.size() && !given_up(tried); ++tried.done)
      run(clause, function, options, tried, result);
    result.tried.push_back(function);
    result.untried += tried.programs.size() - tried.done;
    result.programs += tried.done;
    programs_ += tried.done;
    if (clause.tier == Tier::profile && tried.done == tried.programs.size())
      result.description.emplace_back(function,
                                      clause.describe(knowledge_, function, tried.programs, tried.observed));
  }

  [[nodiscard]] bool given_up(const Tried& tried) const {
    return hangs_ >= most_hangs || tried.ends >= most_ends_of_function ||
           tried.hangs >= most_hangs_of_function;
  }

  void run(const Clause& clause, Function function, const RunOptions& options, Tried& tried,
           ClauseResult& result) {
    if (clause.alone) {
      runner_.renew();
      tried.first_of_process = tried.done;
    }
    const Trace trace{LayoutId::classic, tried.programs[tried.done]};
    const auto performed = runner_.perform(trace, options);
    const RunStatistics& statistics = performed.verdict.statistics;
    if (clause.tier == Tier::profile) {
      tried.observed.push_back({{performed.records.begin(), performed.records.end()}, performed.death});
    } else if (!spoilt(clause, performed.verdict)) {
      // Of a block that was refused nothing can be said but by the clause that judges the call.
      const std::uint64_t made = statistics.operations - std::min(statistics.operations, statistics.skipped);
      result.judged +=
          clause.judge != nullptr || clause.of_the_answer ? made : made - std::min(made, statistics.refused);
      if (performed.verdict.finding)
        note(clause, function,
             {.function = function,
              .trace = trace,
              .finding = *performed.verdict.finding,
              .death = is_death(*performed.verdict.finding) ? performed.death : "",
              .options = options,
              .before = {}},
             tried, result);
    }
    if (performed.death.empty()) return;
    ++tried.ends;
    const bool hang = performed.verdict.finding && performed.verdict.finding->oracle == "hang";
    if (hang) note_hang(tried);
    tried.first_of_process = tried.done + 1;
  }

  /// The first hang took the whole time limit; later programs get a quarter of it.
  void note_hang(Tried& tried) {
    ++tried.hangs;
    if (++hangs_ == 1) runner_.limit_time(runner_.time_limit() / 4);
  }

  /// Whether the program went wrong by what another clause promises more simply: what else it shows is no
  /// fault of its own.
  [[nodiscard]] static bool spoilt(const Clause& clause, const Verdict& verdict) {
    if (!verdict.finding) return false;
    const std::string_view oracle = verdict.finding->oracle;
    return std::ranges::find(simplest, oracle) != simplest.end() &&
           std::ranges::find(clause.oracles, oracle) == clause.oracles.end();
  }

  [[nodiscard]] static bool is_death(const poolhammer::Finding& finding) {
    return finding.oracle == "crash" || finding.oracle == "hang" || finding.oracle == "memory";
  }

  void note(const Clause& clause, Function function, BrokenPromise found, const Tried& tried,
            ClauseResult& result) {
    if (!found.died()) {
      if (!is_of_another(clause, function, found)) add(result.broken, std::move(found), tried);
      return;
    }
    // A clause that is broken may well bring a death with it.
    if (!result.broken.empty() && !clause.of_the_answer) return;
    if (wrote_what_is_usable(found)) return add(overwritten_, std::move(found), tried);
    const Operation* const step = guilty_step(found);
    const bool of_the_answer =
        clause.of_the_answer && step != nullptr &&
        (step->kind == function || (step->kind == OperationKind::recycle && step->by == function));
    if (!of_the_answer) return add(deaths_, std::move(found), tried);
    told_.push_back(cause_of_death(found));
    add(result.broken, std::move(found), tried);
  }

  /// What an oracle says of a single call is that function's: where the clause is tried with it, it is found
  /// again.
  [[nodiscard]] static bool is_of_another(const Clause& clause, Function function,
                                          const BrokenPromise& broken) {
    const std::string_view oracle = broken.finding.oracle;
    const bool of_a_call = oracle == "shadow.alignment" || oracle == "shadow.usable-size" ||
                           oracle == "shadow.refusal" || oracle.starts_with(contract_prefix);
    const Operation* const step = guilty_step(broken);
    return of_a_call && step != nullptr && step->kind != function &&
           std::ranges::find(clause.functions, step->kind) != clause.functions.end();
  }

  /// The program kept the rules up to its death only if usable bytes may be written: no standard says so.
  [[nodiscard]] static bool wrote_what_is_usable(const BrokenPromise& broken) {
    const auto& operations = broken.trace.operations;
    const auto end = operations.begin() +
                     static_cast<std::ptrdiff_t>(std::min(broken.finding.operation_index, operations.size()));
    return std::any_of(operations.begin(), end, [](const Operation& operation) {
      return operation.kind == OperationKind::fill_usable;
    });
  }

  using Cause = std::pair<OperationKind, std::string>;
  [[nodiscard]] static Cause cause_of_death(const BrokenPromise& death) {
    return {kind_of_guilt(death), death.death};
  }

  /// One finding a function and kind of step: the rest is counted. One hang is like another where the same
  /// function was called, whichever was tried.
  void add(std::vector<BrokenPromise>& all, BrokenPromise found, const Tried& tried) {
    const auto alike = std::find_if(all.begin(), all.end(), [&](const BrokenPromise& other) {
      const bool hang = found.finding.oracle == "hang" && other.finding.oracle == "hang";
      return (hang || other.function == found.function) && other.finding.oracle == found.finding.oracle &&
             kind_of_guilt(other) == kind_of_guilt(found);
    });
    if (alike != all.end()) {
      ++alike->others;
      return;
    }
    for (std::size_t program = tried.first_of_process; program < tried.done; ++program)
      found.before.push_back({LayoutId::classic, tried.programs[program]});
    all.push_back(std::move(found));
  }

  library::LibraryRunner& runner_;
  const Target& target_;
  const Knowledge& knowledge_;
  std::vector<BrokenPromise> deaths_;
  std::vector<BrokenPromise> overwritten_;
  std::vector<Cause> told_;  ///< deaths that a clause is accused of
  std::uint64_t programs_ = 0;
  std::uint64_t hangs_ = 0;
  bool ends_at_start_ = false;
};

[[nodiscard]] ClauseResult survival_result(std::vector<BrokenPromise> deaths, std::uint64_t programs) {
  ClauseResult result;
  result.clause.id = survival;
  result.clause.promise =
      "A program that keeps the rules is not ended, hung or starved of memory by the allocator.";
  result.clause.source = "ISO C17 7.22.3, by all that it promises of a call; POSIX.1-2024 malloc";
  result.verdict = deaths.empty() ? ClauseVerdict::kept : ClauseVerdict::broken;
  result.programs = result.judged = programs;
  result.broken = std::move(deaths);
  return result;
}

/// Accuses the clause that promises that usable bytes may be written, also where it was not chosen.
void blame_for_overwriting(std::vector<ClauseResult>& results, std::vector<BrokenPromise> deaths) {
  if (deaths.empty()) return;
  constexpr std::string_view promise = "usable.writable";
  const auto is_it = [promise](const auto& clause) { return clause.id == promise; };
  auto result = std::find_if(results.begin(), results.end(),
                             [&](const ClauseResult& each) { return is_it(each.clause); });
  if (result == results.end()) {
    const std::vector<Clause> all = clauses();
    ClauseResult added;
    added.clause = *std::find_if(all.begin(), all.end(), is_it);
    result = results.insert(results.end(), added);
  }
  result->verdict = ClauseVerdict::broken;
  result->broken.insert(result->broken.end(), deaths.begin(), deaths.end());
}

/// Accuses the clauses that random programs break and directed ones do not. A library that dies of directed
/// ones is spared: it would die of these, too.
void add_random_programs(library::LibraryRunner& runner, const CheckOptions& options, CheckResult& result,
                         std::vector<BrokenPromise>& deaths) {
  RandomProgramsOptions random{.programs = options.programs * options.effort,
                               .seed = options.seed,
                               .threads = !dirty_calloc(result.clauses),
                               .known = {},
                               .progress = {}};
  for (const ClauseResult& clause : result.clauses) {
    if (clause.verdict == ClauseVerdict::broken) random.known.emplace_back(clause.clause.id);
  }
  if (options.progress) random.progress = [&](double share) { options.progress(share, "random programs"); };
  for (BrokenByProgram& found : try_random_programs(runner, random)) {
    const auto place = std::ranges::find_if(
        result.clauses, [&](const ClauseResult& clause) { return clause.clause.id == found.clause; });
    if (place == result.clauses.end()) {
      deaths.push_back(std::move(found.promise));
      continue;
    }
    place->verdict = ClauseVerdict::broken;
    place->broken.push_back(std::move(found.promise));
  }
}

/// What the library does to the shortest program, where it ends its process as it is loaded.
[[nodiscard]] std::optional<BrokenPromise> death_at_start(library::LibraryRunner& runner) {
  if (!runner.ends_at_start()) return std::nullopt;
  BrokenPromise death;
  death.trace.operations = {allocation(0, Function::malloc, 1)};
  death.options = directed({"none"}, false);
  const auto performed = runner.perform(death.trace, death.options);
  if (!performed.verdict.finding) return std::nullopt;
  death.finding = *performed.verdict.finding;
  death.death = performed.death;
  return death;
}

}  // namespace

bool CheckResult::broken() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const ClauseResult& result) { return result.verdict == ClauseVerdict::broken; });
}

library::LibraryRunner runner_on(const Target& target, std::chrono::milliseconds time) {
  return {target.library,
          {.time = time, .module = target.module, .symbols = target.symbols, .any_functions = true}};
}

RunOptions directed(std::vector<std::string> oracles, bool contents) {
  RunOptions options;
  options.only = std::move(oracles);
  options.contents = contents;
  options.memory_limit = std::numeric_limits<std::ptrdiff_t>::max();
  return options;
}

CheckResult check(const Target& target, const CheckOptions& options) {
  library::LibraryRunner runner = runner_on(target, options.time);
  CheckResult result;
  result.target = target;
  const std::optional<BrokenPromise> at_start = death_at_start(runner);
  if (!at_start) result.knowledge = knowledge_of(runner);
  // A library that allocates nothing would keep every promise.
  const auto has = [&result](Function function) { return result.knowledge.has(function); };
  if (!at_start && std::ranges::none_of(all_allocators(), has))
    throw InputError(
        fmt::format("{}: it has no function that allocates: nothing to check", target.library.name));
  result.knowledge.seed = options.seed;
  result.knowledge.effort = options.effort;
  if (!at_start) result.file = runner.file();
  Checker checker(runner, target, result.knowledge);
  if (at_start) checker.note_death_at_start(*at_start);
  std::vector<Clause> all = clauses();
  std::erase_if(all, [&options](const Clause& clause) { return !chosen(clause, options.only); });
  for (const Clause& clause : all) {
    if (options.progress)
      options.progress(static_cast<double>(result.clauses.size()) / static_cast<double>(all.size()),
                       clause.id);
    result.clauses.push_back(checker.check(clause));
  }
  drop_explained(result.clauses);
  blame_for_overwriting(result.clauses, checker.take_overwritten());
  std::vector<BrokenPromise> deaths = checker.take_deaths();
  drop_deaths_of_threads(result.clauses, deaths);
  if (options.programs > 0 && options.only.empty() && target.standard() && deaths.empty())
    add_random_programs(runner, options, result, deaths);
  result.clauses.insert(result.clauses.begin(), survival_result(std::move(deaths), checker.programs()));
  result.workers = runner.workers();
  return result;
}

}  // namespace poolhammer::contract
