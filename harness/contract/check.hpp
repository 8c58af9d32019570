#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/contract/clause.hpp"
#include "harness/contract/prober.hpp"

namespace poolhammer::contract {

/// A broken promise.
struct BrokenPromise {
  Function function;  ///< that it was tried with
  Probe probe;
  Outcome outcome;
  std::uint64_t others = 0;   ///< more probes of the clause and function that are broken alike
  std::vector<Probe> before;  ///< that the same process performed before it
  ProcessLimits limits;       ///< that it was tried with
};

enum class Verdict : std::uint8_t {
  kept,
  broken,
  profile,
  absent,   ///< the library has none of the functions, or nothing shows whether it keeps the clause
  untried,  ///< some of its probes were given up, as the library hangs or dies, and the others held
};
inline constexpr std::array<std::string_view, 5> verdict_words = {"kept", "broken", "profile", "absent",
                                                                  "untried"};

struct ClauseResult {
  Clause clause;
  Verdict verdict = Verdict::absent;
  std::vector<Function> tried;
  std::vector<Function> missing;  ///< that the library does not have
  std::uint64_t probes = 0;
  std::uint64_t untried = 0;       ///< probes that were given up
  std::uint64_t expectations = 0;  ///< that held
  std::vector<BrokenPromise> broken;
  /// Of a profile: function and what was found, in words.
  std::vector<std::pair<Function, std::string>> description;
};

struct CheckResult {
  Target target;
  Knowledge knowledge;
  std::string file;  ///< that the library's functions lie in
  std::vector<ClauseResult> clauses;
  std::uint64_t workers = 0;

  [[nodiscard]] bool broken() const;
};

struct CheckOptions {
  std::vector<std::string> only;  ///< ids of clauses, or their beginnings up to a dot; empty: all
  std::uint64_t seed = 1;         ///< of the random programs
  std::uint64_t effort = 1;       ///< how many times as many random programs as usual
  /// Random programs of all functions after the directed ones, where no clauses were chosen and the functions
  /// have the standards' names.
  std::uint64_t programs = 0;
  /// Probes that take longer in one process hang.
  std::chrono::milliseconds time = ProcessLimits{}.time;
  std::function<void(double share, std::string_view clause)> progress = {};
};

/// The id of the clause that is accused where a lawful program was ended, hung or starved.
inline constexpr std::string_view survival = "program.survives";

/// Tries every clause on a library. One that hangs is given up in time: a function in a clause after a few
/// hangs, the library after some more; what was not tried is said. Throws as Prober::run does.
[[nodiscard]] CheckResult check(const Target& target, const CheckOptions& options = {});

}  // namespace poolhammer::contract
