#include "harness/contract/reduce.hpp"

#include <algorithm>
#include <chrono>
#include <span>

#include "harness/contract/races.hpp"
#include "harness/run/cause.hpp"
#include "harness/run/minimize.hpp"
#include "harness/trace/with_its_end.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint64_t most_candidates = 800;
constexpr std::uint64_t most_racing_candidates = 40;  // threads take their time
/// What all candidates of a finding may take, where so many were tried: a slow library is tried less.
constexpr std::chrono::milliseconds patience{20'000};
constexpr std::uint64_t enough_candidates = 40;
/// A program that is no longer than one that died hardly takes longer to die. But what it damaged may lead it
/// to a loop.
constexpr int times_best = 3;
constexpr std::chrono::milliseconds least_time{1000};
constexpr unsigned most_hangs = 10;  // each costs its time limit
/// That a program hangs was seen before: a candidate gets this part of the time limit, and the last one all
/// of it.
constexpr int part_for_hang = 20;

using Clock = std::chrono::steady_clock;

[[nodiscard]] std::chrono::milliseconds since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
}

[[nodiscard]] bool calls(const Trace& trace, Function function) {
  return std::ranges::any_of(trace.operations, [function](const Operation& operation) {
    return operation.kind == function || (operation.has_by() && operation.by == function);
  });
}

/// The last `programs` of those before, and the program, as one; what each leaves is freed before the next.
[[nodiscard]] Trace joined(const BrokenPromise& broken, std::size_t programs) {
  Trace all;
  const auto add = [&all](const Trace& trace) {
    all.operations.insert(all.operations.end(), trace.operations.begin(), trace.operations.end());
  };
  for (const Trace& trace : std::span(broken.before).last(programs)) add(with_its_end(trace));
  add(broken.trace);
  return all;
}

class Reducer {
 public:
  /// `forks`: the processes of the candidates may be forked ones.
  Reducer(library::LibraryRunner& runner, const BrokenPromise& broken, const ReduceOptions& options,
          bool forks)
      : runner_(runner),
        broken_(broken),
        options_(options),
        forks_(forks),
        function_matters_(calls(broken.trace, broken.function)),
        time_limit_(runner.time_limit()) {}

  [[nodiscard]] Reduction reduce() {
    runner_.load_each(!forks_);
    if (is_hang()) runner_.limit_time(time_limit_ / part_for_hang);
    if (!find_start()) {
      runner_.limit_time(time_limit_);
      tell_first();
      result_.alone = stopped();
      return result_;
    }
    write_nothing();
    shrink();
    runner_.limit_time(time_limit_);
    // Only what shows in processes that load the library is reported.
    runner_.load_each(true);
    count_runs();
    // A candidate was slow and no more, or broke by chance: the first finding is reported.
    if (result_.shown == 0) tell_first();
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool stopped() const { return options_.stop && options_.stop(); }
  [[nodiscard]] bool is_hang() const { return broken_.finding.oracle == "hang"; }

  /// Whether the candidates have taken what they may.
  [[nodiscard]] bool is_enough() const {
    return hangs_ >= most_hangs || stopped() || (options_.enough && options_.enough()) ||
           (result_.candidates >= enough_candidates && Clock::now() - began_ > patience);
  }

  void shrink() {
    const Trace start = result_.trace;
    // The first finding is known: the process may take longer to show it again.
    const auto small = minimize(
        start,
        [&](const Trace& candidate) { return candidate == start ? result_.finding : in_time(candidate); },
        {.most_trials = races(start.operations) ? most_racing_candidates : most_candidates,
         .stop = [this] { return is_enough(); }});
    if (small) {
      result_.trace = small->trace;
      result_.finding = small->finding;
      result_.at_rest = small->at_rest;
    }
  }

  /// A trial that is given a few times as long as the best so far took; how long a hang takes is known.
  [[nodiscard]] std::optional<Finding> in_time(const Trace& candidate) {
    if (!is_hang()) runner_.limit_time(std::min(time_limit_, std::max(times_best * taken_, least_time)));
    return timed(candidate);
  }

  /// A trial that shows the finding or nothing; `taken_` is its time where it does.
  [[nodiscard]] std::optional<Finding> timed(const Trace& candidate) {
    const auto begin = Clock::now();
    auto finding = trial(candidate);
    if (!finding || cause_of(*finding) != cause_of(broken_.finding)) return std::nullopt;
    taken_ = since(begin);
    return finding;
  }

  void tell_first() {
    result_.trace = broken_.trace;
    result_.finding = broken_.finding;
    result_.death = broken_.death;
    result_.at_rest = false;
  }

  /// The program alone, or with the least of what the process did before it.
  [[nodiscard]] bool find_start() {
    const std::uint32_t tries = races(broken_.trace.operations) ? 5 : 2;
    if (starts_with(broken_.trace, tries)) return true;
    // What went just before matters most, and all of it may be very long.
    constexpr std::size_t first_few = 4;
    constexpr std::size_t times_more = 4;
    const std::size_t all = broken_.before.size();
    for (std::size_t few = first_few; few < all; few *= times_more)
      if (starts_with(joined(broken_, few), 1)) return true;
    return starts_with(joined(broken_, all), tries);
  }

  /// Whether the candidate shows it in one of so many runs: it is the one to begin with, then.
  [[nodiscard]] bool starts_with(const Trace& start, std::uint32_t tries) {
    for (std::uint32_t run = 0; run < tries; ++run) {
      auto finding = timed(start);
      if (!finding) continue;
      patient_ = run > 0;
      result_.trace = start;
      result_.finding = std::move(*finding);
      return true;
    }
    return false;
  }

  /// Most deaths need nothing in the blocks, which takes most of the time to write and to look at.
  void write_nothing() {
    if (!broken_.died() || !run_options_.contents) return;
    run_options_.contents = false;
    auto finding = timed(result_.trace);
    run_options_.contents = !finding;
    if (finding) result_.finding = std::move(*finding);
  }

  /// What a program shows in a fresh process; one that shows it now and then is run more often.
  [[nodiscard]] std::optional<Finding> trial(const Trace& candidate) {
    if (function_matters_ && !calls(candidate, broken_.function)) return std::nullopt;
    std::optional<Finding> finding;
    for (std::uint32_t run = 0; run < (patient_ ? 3U : 1U) && !finding; ++run) {
      ++result_.candidates;
      auto performed = perform(candidate);
      finding = std::move(performed.verdict.finding);
      if (!finding) continue;
      result_.death = performed.death;
      if (is_hang() && finding->oracle == "hang") ++hangs_;
    }
    return finding;
  }

  /// What is given up shows nothing.
  [[nodiscard]] library::LibraryRunner::Performed perform(const Trace& candidate) {
    try {
      runner_.renew();
      return runner_.perform(candidate, run_options_);
    } catch (const library::GivenUp&) {
      return {};
    }
  }

  /// It was seen once, on the way here; a hang that is as short as its candidates' limit may be none, nor may
  /// what a forked process showed.
  void count_no_more() {
    if (result_.shown == 0 && (forks_ || broken_.finding.oracle == "hang")) tell_first();
    result_.runs = result_.shown = std::max(result_.shown, 1U);
    result_.death = broken_.death;
  }

  void count_runs() {
    const bool racing = races(result_.trace.operations) || patient_;
    const Cause cause = cause_of(result_.finding);
    result_.runs = racing ? 5 : 3;
    patient_ = false;
    std::string death;
    for (std::uint32_t run = 0; run < result_.runs; ++run) {
      if (stopped()) return count_no_more();
      const auto finding = trial(result_.trace);
      // A hang that took so long takes as long again: once is enough.
      if (finding && finding->oracle == "hang") result_.runs = run + 1;
      if (!finding || cause_of(*finding) != cause) continue;
      ++result_.shown;
      death = result_.death;
    }
    result_.death = broken_.died() ? death : "";
  }

  library::LibraryRunner& runner_;
  const BrokenPromise& broken_;
  const ReduceOptions& options_;
  RunOptions run_options_ = broken_.options;
  bool forks_;
  bool function_matters_;
  std::chrono::milliseconds time_limit_;
  Reduction result_;
  Clock::time_point began_ = Clock::now();
  std::chrono::milliseconds taken_{};  ///< by the least program so far
  bool patient_ = false;
  unsigned hangs_ = 0;
};

}  // namespace

Reduction reduce(library::LibraryRunner& runner, const BrokenPromise& broken, const ReduceOptions& options) {
  const bool forks = runner.may_fork() && !races(broken.trace.operations);
  Reduction reduction = Reducer(runner, broken, options, forks).reduce();
  // Forked processes may show otherwise than those that the finding was confirmed in.
  const bool stopped = options.stop && options.stop();
  if (forks && reduction.shown == 0 && !stopped) reduction = Reducer(runner, broken, options, false).reduce();
  runner.load_each(false);
  return reduction;
}

}  // namespace poolhammer::contract
