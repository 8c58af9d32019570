#include "harness/contract/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <numeric>
#include <utility>

#include "harness/base/format_error.hpp"
#include "harness/contract/checker.hpp"
#include "harness/contract/explained.hpp"
#include "harness/contract/random_programs.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] bool is_named(std::string_view id, std::string_view word) {
  return id == word || (id.starts_with(word) && id.substr(word.size()).starts_with('.'));
}

[[nodiscard]] bool chosen(std::string_view id, const std::vector<std::string>& only) {
  return only.empty() ||
         std::ranges::any_of(only, [id](std::string_view word) { return is_named(id, word); });
}

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

/// The clauses in the order in which they are tried: those that explain what others see first, so that these
/// are not accused of it; then those that are about what a call gives, as a death of its own is no other's.
[[nodiscard]] std::vector<std::size_t> order_of(const std::vector<ClauseResult>& results) {
  constexpr std::array<std::string_view, 4> first = {"usable.at-least", "blocks.kept", "realloc.keeps",
                                                     "calloc.zero"};
  const auto rank = [&](std::size_t index) {
    const Clause& clause = results[index].clause;
    const auto* const place = std::ranges::find(first, clause.id);
    if (place != first.end()) return place - first.begin();
    return std::ssize(first) + (clause.of_the_answer ? 0 : 1);
  };
  std::vector<std::size_t> order(results.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, rank);
  return order;
}

class Check {
 public:
  Check(const Target& target, const CheckOptions& options)
      : options_(options), budget_(options.budget == nullptr ? own_budget_ : *options.budget) {
    result_.target = target;
  }

  [[nodiscard]] CheckResult run() {
    library::LibraryOptions runner_is =
        runner_options(result_.target, options_.time, [this] { return budget_.over(part_for_trying); });
    runner_is.less_time_after_hang = true;
    runner_is.forks = options_.forks;
    runner_is.suspects = options_.suspects;
    std::optional<library::LibraryRunner> runner;
    std::optional<Checker> checker;
    try {
      runner.emplace(result_.target.library, runner_is);
      const std::optional<BrokenPromise> at_start = death_at_start(*runner);
      if (!at_start) learn(*runner);
      choose();
      checker.emplace(*runner, result_.target, result_.knowledge, budget_, options_.time, noticed_);
      if (at_start) checker->note_death_at_start(*at_start);
      try_clauses(*runner, *checker);
    } catch (const library::GivenUp&) {  // what is left is untried
      if (!checker) choose();
    }
    if (checker)
      finish(*runner, *checker);
    else
      give_all_up();
    std::erase_if(result_.clauses,
                  [this](const ClauseResult& result) { return !is_reported(result.clause.id); });
    if (runner) {
      result_.workers = runner->workers();
      result_.dropped = runner->dropped();
    }
    return std::move(result_);
  }

 private:
  void learn(library::LibraryRunner& runner) {
    result_.knowledge = knowledge_of(runner);
    // A library that allocates nothing would keep every promise.
    const auto has = [this](Function function) { return result_.knowledge.has(function); };
    if (std::ranges::none_of(all_allocators(), has))
      throw InputError(fmt::format("{}: it has no function that allocates: nothing to check", runner.name()));
    result_.file = runner.file();
  }

  /// Whether the programs of every clause are performed: any of them may show that the library does not
  /// survive.
  [[nodiscard]] bool tries_all() const { return chosen(survival, options_.only); }

  /// Whether the findings of a clause are reported. One that was not chosen may explain one that was.
  [[nodiscard]] bool is_reported(std::string_view id) const {
    return id == survival || chosen(id, options_.only) || !tries_all();
  }

  void choose() {
    result_.knowledge.seed = options_.seed;
    result_.knowledge.effort = options_.effort;
    result_.knowledge.coalesces = options_.coalesces;
    result_.clauses.clear();
    for (Clause& clause : clauses()) {
      if (!tries_all() && !chosen(clause.id, options_.only)) continue;
      if (clause.tier == Tier::declared && !options_.coalesces) continue;
      ClauseResult& result = result_.clauses.emplace_back();
      result.clause = std::move(clause);
      result.verdict = ClauseVerdict::untried;
    }
  }

  /// Whether random programs of all functions are a part of it.
  [[nodiscard]] bool has_random_programs() const {
    return options_.programs > 0 && tries_all() && result_.target.standard();
  }

  void try_clauses(library::LibraryRunner& runner, Checker& checker) {
    if (tries_all() && !runner.ends_at_start() && checker.try_first_calls()) scout(runner);
    std::size_t done = 0;
    for (const std::size_t index : order_of(result_.clauses)) {
      ClauseResult& result = result_.clauses[index];
      const double share = static_cast<double>(done++) / static_cast<double>(result_.clauses.size());
      if (!budget_.over(part_for_trying)) show_progress(share, result.clause.id);
      result = checker.check(result.clause);
      drop_explained(result_.clauses, result);
      if (result.verdict == ClauseVerdict::broken && options_.broke && is_reported(result.clause.id))
        options_.broke(result);
    }
  }

  /// A few random programs before all else: a gross fault shows in them at once.
  void scout(library::LibraryRunner& runner) {
    if (!has_random_programs()) return;
    constexpr std::uint64_t few = 5;
    scouted_ = try_random_programs(runner, {.programs = few,
                                            .seed = options_.seed,
                                            .threads = false,
                                            .interesting = options_.interesting,
                                            .known = {},
                                            .stop = [this] { return budget_.over(part_for_trying); },
                                            .first_death_ends = true,
                                            .progress = {}});
    for (const BrokenByProgram& found : scouted_) {
      budget_.hold_usual();
      noticed_(found.clause, found.promise);
    }
  }

  void finish(library::LibraryRunner& runner, Checker& checker) {
    blame_for_overwriting(result_.clauses, checker.take_overwritten());
    std::vector<BrokenPromise> deaths = checker.take_deaths();
    take_unreported_deaths(deaths);
    drop_deaths_of_threads(result_.clauses, deaths);
    accuse_of_strays(checker.take_strays(), deaths);
    if (has_random_programs() && deaths.empty()) try_random_programs_on(runner, deaths);
    // What a random program showed is an echo where a clause was broken by itself. But where its own was not
    // tried to the end, nothing else tells of it.
    if (!deaths.empty() || result_.broken())
      std::erase_if(scouted_, [this](const BrokenByProgram& found) {
        return !has_verdict(found.clause, ClauseVerdict::untried);
      });
    accuse(std::move(scouted_), deaths);
    add_survival(std::move(deaths), checker.programs());
  }

  /// The result of a clause that was chosen; null where it was not.
  [[nodiscard]] ClauseResult* result_of(std::string_view id) {
    const auto place =
        std::ranges::find(result_.clauses, id, [](const ClauseResult& result) { return result.clause.id; });
    return place == result_.clauses.end() ? nullptr : &*place;
  }

  [[nodiscard]] bool has_verdict(std::string_view id, ClauseVerdict verdict) {
    const ClauseResult* const result = result_of(id);
    return result != nullptr && result->verdict == verdict;
  }

  /// Accuses the clauses of what programs of others showed, where neither they nor one that explains it is
  /// broken by its own. A clause that was not chosen is not accused.
  void accuse_of_strays(std::vector<BrokenPromise> strays, std::vector<BrokenPromise>& deaths) {
    if (has_verdict("usable.at-least", ClauseVerdict::broken)) return;
    std::vector<BrokenByProgram> all;
    for (BrokenPromise& stray : strays) {
      std::string id = clause_of(stray.finding, stray.function);
      if (result_of(id) != nullptr && !has_verdict(id, ClauseVerdict::broken))
        all.push_back({std::move(id), std::move(stray)});
    }
    accuse(std::move(all), deaths);
  }

  void give_all_up() {
    if (has_random_programs()) result_.random_left = options_.programs * options_.effort;
    add_survival({}, 0);
  }

  /// The deaths that other clauses would report, if they were reported.
  void take_unreported_deaths(std::vector<BrokenPromise>& deaths) {
    for (ClauseResult& result : result_.clauses) {
      if (is_reported(result.clause.id)) continue;
      std::ranges::copy_if(result.broken, std::back_inserter(deaths), &BrokenPromise::died);
    }
  }

  void add_survival(std::vector<BrokenPromise> deaths, std::uint64_t programs) {
    ClauseResult survived = survival_result(std::move(deaths), programs);
    if (survived.verdict == ClauseVerdict::kept && programs == 0) survived.verdict = ClauseVerdict::untried;
    result_.clauses.insert(result_.clauses.begin(), std::move(survived));
  }

  /// Accuses the clauses that random programs break and directed ones do not. A library that dies of directed
  /// ones is spared: it would die of these, too.
  void try_random_programs_on(library::LibraryRunner& runner, std::vector<BrokenPromise>& deaths) {
    RandomProgramsOptions random{
        .programs = options_.programs * options_.effort,
        .seed = options_.seed,
        .threads = !dirty_calloc(result_.clauses),
        .interesting = options_.interesting,
        .known = {},
        .stop =
            [this, &runner] {
              if (runner.is_slow()) budget_.hold_usual();
              return budget_.over(part_for_trying);
            },
        .progress = [this](double share) { show_progress(share, "random programs"); },
        .left_out = [this](std::uint64_t programs) { result_.random_left = programs; }};
    for (const ClauseResult& clause : result_.clauses) {
      if (clause.verdict == ClauseVerdict::broken) random.known.emplace_back(clause.clause.id);
    }
    accuse(try_random_programs(runner, random), deaths);
  }

  void accuse(std::vector<BrokenByProgram> all, std::vector<BrokenPromise>& deaths) {
    for (BrokenByProgram& found : all) {
      ClauseResult* const place = result_of(found.clause);
      if (place == nullptr) {
        deaths.push_back(std::move(found.promise));
        continue;
      }
      place->verdict = ClauseVerdict::broken;
      place->broken.push_back(std::move(found.promise));
    }
  }

  void show_progress(double share, std::string_view what) const {
    if (options_.progress) options_.progress(share, what);
  }

  const CheckOptions& options_;
  const Checker::Noticed noticed_ = [this](std::string_view clause, const BrokenPromise& broken) {
    if (!options_.noticed || (!is_reported(clause) && !broken.died())) return;
    options_.noticed(is_reported(clause) ? clause : survival, broken);
  };
  Budget own_budget_;
  Budget& budget_;
  CheckResult result_;
  std::vector<BrokenByProgram> scouted_;
};

}  // namespace

bool names_a_clause(std::string_view word) {
  return is_named(survival, word) ||
         std::ranges::any_of(clauses(), [word](const Clause& clause) { return is_named(clause.id, word); });
}

bool CheckResult::broken() const {
  return std::any_of(clauses.begin(), clauses.end(),
                     [](const ClauseResult& result) { return result.verdict == ClauseVerdict::broken; });
}

library::LibraryOptions runner_options(const Target& target, std::chrono::milliseconds time,
                                       std::function<bool()> give_up) {
  return {.time = time,
          .module = target.module,
          .symbols = target.symbols,
          .any_functions = true,
          .forks = true,
          .give_up = std::move(give_up)};
}

library::LibraryRunner runner_on(const Target& target, std::chrono::milliseconds time,
                                 std::function<bool()> give_up) {
  return {target.library, runner_options(target, time, std::move(give_up))};
}

RunOptions directed(std::vector<std::string> oracles, bool contents) {
  RunOptions options;
  options.only = std::move(oracles);
  options.contents = contents;
  options.memory_limit = std::numeric_limits<std::ptrdiff_t>::max();
  return options;
}

CheckResult check(const Target& target, const CheckOptions& options) {
  return Check(target, options).run();
}

}  // namespace poolhammer::contract
