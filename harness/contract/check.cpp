#include "harness/contract/check.hpp"

#include "harness/contract/random_programs.hpp"

#include <algorithm>

namespace poolhammer::contract {
namespace {

/// A library that hung so often is given up: each hang costs its whole limit.
constexpr std::uint64_t most_hangs = 5;

[[nodiscard]] bool chosen(const Clause& clause, const std::vector<std::string>& only) {
  return only.empty() || std::any_of(only.begin(), only.end(), [&clause](const std::string& word) {
           return clause.id == word || clause.id.starts_with(word + ".");
         });
}

/// Tries the clauses one by one, and keeps what kills the library apart: whichever promise was being tried
/// then, the broken one is that a lawful program goes on.
class Checker {
 public:
  Checker(Prober& prober, const Knowledge& knowledge) : prober_(prober), knowledge_(knowledge) {}

  [[nodiscard]] ClauseResult check(const Clause& clause) {
    ClauseResult result;
    result.clause = clause;
    if (!prober_.death_at_start().empty()) {
      result.verdict = Verdict::untried;
      return result;
    }
    for (const Function function : clause.functions) {
      if (!knowledge_.has(function))
        result.missing.push_back(function);
      else if (!clause.standard_only || prober_.target().standard())
        check(clause, function, result);
    }
    if (!result.broken.empty())
      result.verdict = Verdict::broken;
    else if (result.untried > 0)
      result.verdict = Verdict::untried;
    else if (!result.description.empty())
      result.verdict = Verdict::profile;
    else if (result.expectations > 0)
      result.verdict = Verdict::kept;
    return result;
  }

  /// The deaths behind a write into usable bytes that nobody asked for.
  [[nodiscard]] std::vector<BrokenPromise> take_overwritten() { return std::move(overwritten_); }

  /// The deaths that no clause has told of, in whichever clause's probes they came.
  [[nodiscard]] std::vector<BrokenPromise> take_deaths() {
    std::erase_if(deaths_, [this](const BrokenPromise& death) {
      return std::find(told_.begin(), told_.end(), cause_of_death(death.probe, death.outcome)) != told_.end();
    });
    return std::move(deaths_);
  }
  [[nodiscard]] std::uint64_t probes() const { return probes_; }

 private:
  void check(const Clause& clause, Function function, ClauseResult& result) {
    const std::vector<Probe> probes = clause.generate(knowledge_, function);
    if (probes.empty()) return;
    const std::vector<Outcome> outcomes = run(clause, probes);
    result.tried.push_back(function);
    const auto untried = static_cast<std::uint64_t>(std::count_if(
        outcomes.begin(), outcomes.end(), [](const Outcome& o) { return o.result == Result::not_run; }));
    result.untried += untried;
    result.probes += probes.size() - untried;
    probes_ += probes.size() - untried;
    if (clause.tier == Tier::profile && untried > 0) return;
    if (clause.tier == Tier::profile) {
      result.description.emplace_back(function, clause.describe(knowledge_, function, probes, outcomes));
      return;
    }
    std::size_t first_of_process = 0;
    for (std::size_t index = 0; index < probes.size(); ++index) {
      result.expectations += outcomes[index].expectations;
      if (outcomes[index].result != Result::broken && outcomes[index].result != Result::died) continue;
      if (clause.alone) first_of_process = index;
      const BrokenPromise found{.function = function,
                                .probe = probes[index],
                                .outcome = outcomes[index],
                                .before = {probes.begin() + static_cast<std::ptrdiff_t>(first_of_process),
                                           probes.begin() + static_cast<std::ptrdiff_t>(index)},
                                .limits = clause.limits};
      if (outcomes[index].result == Result::broken) {
        add(result.broken, found);
        continue;
      }
      first_of_process = index + 1;
      if (wrote_what_is_usable(probes[index], outcomes[index])) {
        add(overwritten_, found);
        continue;
      }
      const bool here = in_place_of_an_answer(probes[index], outcomes[index]);
      add(here ? result.broken : deaths_, found);
      if (here) told_.push_back(cause_of_death(probes[index], outcomes[index]));
    }
  }

  /// The clause is about the answer of the very call that the process died in.
  [[nodiscard]] static bool in_place_of_an_answer(const Probe& probe, const Outcome& outcome) {
    const std::size_t next = outcome.step + 1;
    return probe[outcome.step].verb == Verb::call && next < probe.size() &&
           probe[next].verb == Verb::expect &&
           (probe[next].expect == Expect::null || probe[next].expect == Expect::not_null);
  }

  /// The program was lawful up to its death only if usable bytes may be written: no standard says so.
  [[nodiscard]] static bool wrote_what_is_usable(const Probe& probe, const Outcome& outcome) {
    return std::any_of(probe.begin(), probe.begin() + static_cast<std::ptrdiff_t>(outcome.step),
                       [](const Step& step) { return step.verb == Verb::fill_usable; });
  }

  using Cause = std::pair<Function, std::string>;
  [[nodiscard]] static Cause cause_of_death(const Probe& probe, const Outcome& outcome) {
    return {probe[outcome.step].function, outcome.death};
  }

  [[nodiscard]] std::vector<Outcome> run(const Clause& clause, std::span<const Probe> probes) {
    std::vector<Outcome> outcomes(probes.size());
    if (prober_.hangs() >= most_hangs) return outcomes;
    if (!clause.alone) return prober_.run(probes, clause.limits);
    for (std::size_t index = 0; index < probes.size() && prober_.hangs() < most_hangs; ++index)
      outcomes[index] = prober_.run_alone(probes[index], clause.limits);
    return outcomes;
  }

  /// One finding a function and kind of step: the rest is counted. One hang is like another where the same
  /// function was called, whichever was tried.
  static void add(std::vector<BrokenPromise>& all, const BrokenPromise& found) {
    const Step& step = found.probe[found.outcome.step];
    const auto alike = std::find_if(all.begin(), all.end(), [&](const BrokenPromise& other) {
      const Step& others = other.probe[other.outcome.step];
      const bool hang = hung(found.outcome) && hung(other.outcome);
      return (hang || other.function == found.function) && others.verb == step.verb &&
             others.expect == step.expect && (step.verb != Verb::call || others.function == step.function);
    });
    if (alike == all.end())
      all.push_back(found);
    else
      ++alike->others;
  }

  Prober& prober_;
  const Knowledge& knowledge_;
  std::vector<BrokenPromise> deaths_;
  std::vector<BrokenPromise> overwritten_;
  std::vector<Cause> told_;  ///< deaths that a clause is accused of
  std::uint64_t probes_ = 0;
};

/// A library that ends each process as it is loaded is accused with the shortest program.
[[nodiscard]] BrokenPromise death_at_start(std::string death, std::chrono::milliseconds time) {
  BrokenPromise found{.function = Function::malloc,
                      .probe = {call(0, Function::malloc, 1)},
                      .outcome = {},
                      .before = {},
                      .limits = {.time = time}};
  found.outcome.result = Result::died;
  found.outcome.death = std::move(death);
  return found;
}

[[nodiscard]] ClauseResult survival_result(std::vector<BrokenPromise> deaths, std::uint64_t probes) {
  ClauseResult result;
  result.clause.id = survival;
  result.clause.promise =
      "A program that keeps the rules is not ended, hung or starved of memory by the allocator.";
  result.clause.source = "ISO C17 7.22.3, by all that it promises of a call; POSIX.1-2024 malloc";
  result.verdict = deaths.empty() ? Verdict::kept : Verdict::broken;
  result.probes = result.expectations = probes;
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
  result->verdict = Verdict::broken;
  result->broken.insert(result->broken.end(), deaths.begin(), deaths.end());
}

/// Accuses the clauses that random programs break and directed ones do not. A library that dies of directed
/// ones is spared: it would die of these, too.
void add_random_programs(Prober& prober, const CheckOptions& options, CheckResult& result,
                         std::vector<BrokenPromise>& deaths) {
  RandomProgramsOptions random{
      .programs = options.programs * options.effort, .seed = options.seed, .known = {}, .progress = {}};
  for (const ClauseResult& clause : result.clauses) {
    if (clause.verdict == Verdict::broken) random.known.emplace_back(clause.clause.id);
  }
  if (options.progress) random.progress = [&](double share) { options.progress(share, "random programs"); };
  for (BrokenByProgram& found : try_random_programs(prober, random)) {
    const auto place = std::ranges::find_if(
        result.clauses, [&](const ClauseResult& clause) { return clause.clause.id == found.clause; });
    if (place == result.clauses.end()) {
      deaths.push_back(std::move(found.promise));
      continue;
    }
    place->verdict = Verdict::broken;
    place->broken.push_back(std::move(found.promise));
  }
}

}  // namespace

bool CheckResult::broken() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const ClauseResult& result) { return result.verdict == Verdict::broken; });
}

CheckResult check(const Target& target, const CheckOptions& options) {
  Prober prober(target);
  CheckResult result;
  result.target = target;
  result.knowledge = learn(prober, {.time = options.time});
  result.knowledge.seed = options.seed;
  result.knowledge.effort = options.effort;
  result.file = prober.found();
  Checker checker(prober, result.knowledge);
  std::vector<Clause> all = clauses();
  std::erase_if(all, [&options](const Clause& clause) { return !chosen(clause, options.only); });
  for (Clause& clause : all) clause.limits.time = std::min(clause.limits.time, options.time);
  for (const Clause& clause : all) {
    if (options.progress)
      options.progress(static_cast<double>(result.clauses.size()) / static_cast<double>(all.size()),
                       clause.id);
    result.clauses.push_back(checker.check(clause));
  }
  blame_for_overwriting(result.clauses, checker.take_overwritten());
  std::vector<BrokenPromise> deaths = checker.take_deaths();
  if (options.programs > 0 && options.only.empty() && target.standard() && prober.death_at_start().empty() &&
      deaths.empty())
    add_random_programs(prober, options, result, deaths);
  if (!prober.death_at_start().empty())
    deaths.push_back(death_at_start(prober.death_at_start(), options.time));
  result.clauses.insert(result.clauses.begin(), survival_result(std::move(deaths), checker.probes()));
  result.workers = prober.workers();
  return result;
}

}  // namespace poolhammer::contract
