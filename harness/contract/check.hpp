#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/contract/budget.hpp"
#include "harness/contract/clause.hpp"
#include "harness/library/target.hpp"
#include "harness/report/finding.hpp"

namespace poolhammer::contract {

using library::Target;
using library::target_named;

/// A broken promise.
struct BrokenPromise {
  Function function = Function::malloc;  ///< that it was tried with
  Trace trace;
  Finding finding;            ///< of that program
  std::string death;          ///< how the process ended, where it did
  RunOptions options;         ///< how it was run
  std::uint64_t others = 0;   ///< more programs of the clause and function that are broken alike
  std::vector<Trace> before;  ///< that the same process performed before it

  [[nodiscard]] bool died() const { return !death.empty(); }
};

enum class ClauseVerdict : std::uint8_t {
  kept,
  broken,
  profile,
  absent,  ///< the library has none of the functions, or nothing shows whether it keeps the clause
  /// Some of its programs were given up, as the library hangs or dies, and the others held; or each ended
  /// with the process before anything could be judged.
  untried,
};
inline constexpr std::array<std::string_view, 5> verdict_words = {"kept", "broken", "profile", "absent",
                                                                  "untried"};

struct ClauseResult {
  Clause clause;
  ClauseVerdict verdict = ClauseVerdict::absent;
  std::vector<Function> tried;
  std::vector<Function> missing;  ///< that the library does not have
  std::uint64_t programs = 0;
  std::uint64_t untried = 0;  ///< programs that were given up
  std::uint64_t judged = 0;   ///< steps that were judged
  std::uint64_t ended = 0;    ///< programs in which the process died or did not end
  std::vector<BrokenPromise> broken;
  /// The ids of the broken clauses that explain what was seen of this one, which is untried therefore.
  std::set<std::string> explained_by;
  /// Of a profile: function and what was found, in words.
  std::vector<std::pair<Function, std::string>> description;
};

struct CheckResult {
  Target target;
  Knowledge knowledge;
  std::string file;  ///< that the library's functions lie in
  std::vector<ClauseResult> clauses;
  std::uint64_t workers = 0;
  /// Findings that processes forked from one which had loaded the library showed, and no other.
  std::uint64_t dropped = 0;
  std::uint64_t random_left = 0;  ///< random programs that were not performed, as the time was over

  [[nodiscard]] bool broken() const;
};

struct CheckOptions {
  /// Ids of clauses, or their beginnings up to a dot; empty: all. With program.survives the programs of all
  /// clauses are performed, and what else they show is not reported.
  std::vector<std::string> only;
  std::uint64_t seed = 1;    ///< of the random programs
  std::uint64_t effort = 1;  ///< how many times as many random programs as usual
  /// Random programs of all functions after the directed ones, where no clauses were chosen and the functions
  /// have the standards' names.
  std::uint64_t programs = 0;
  std::vector<std::uint64_t> interesting = {};  ///< sizes in bytes that they ask for now and then
  /// Programs that take longer hang.
  std::chrono::milliseconds time = ProcessLimits{}.time;
  bool forks = true;         ///< see library::LibraryOptions
  bool coalesces = false;    ///< the library is said to: see CoalescedRoom
  Budget* budget = nullptr;  ///< null: no limit
  std::function<void(double share, std::string_view clause)> progress = {};
  /// Told of each new way in which a promise was broken, at once. The simplest clause that explains it may
  /// turn out to be another.
  std::function<void(std::string_view clause, const BrokenPromise& broken)> noticed = {};
  /// See library::LibraryOptions.
  std::function<void(const library::Suspicion&)> suspects = {};
  /// Told of each clause that is broken by its directed programs, when all of them were tried. What is found
  /// later (deaths, random programs) stands in the result alone.
  std::function<void(const ClauseResult& clause)> broke = {};
};

/// The id of the clause that is accused where a lawful program was ended, hung or starved.
inline constexpr std::string_view survival = "program.survives";

/// Whether a clause has this id, or one that begins with this word up to a dot.
[[nodiscard]] bool names_a_clause(std::string_view word);

/// Tries every clause on a library. One that hangs is given up in time: a function in a clause after a few
/// hangs, the library after some more; what was not tried is said, also where the budget is used up. Throws
/// as LibraryRunner does.
[[nodiscard]] CheckResult check(const Target& target, const CheckOptions& options = {});

/// How programs are run on the target; `time`: see CheckOptions.
[[nodiscard]] library::LibraryOptions runner_options(const Target& target, std::chrono::milliseconds time,
                                                     std::function<bool()> give_up = {});
[[nodiscard]] library::LibraryRunner runner_on(const Target& target, std::chrono::milliseconds time,
                                               std::function<bool()> give_up = {});

/// How a clause's programs are run: judged by these oracles alone, with no limit on memory.
[[nodiscard]] RunOptions directed(std::vector<std::string> oracles, bool contents);

}  // namespace poolhammer::contract
