#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>

#include "harness/report/finding.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Runs a program from a fresh start and says what is found. A process that dies is a finding, too.
using Trial = std::function<std::optional<Finding>(const Trace&)>;

/// How far a minimisation has come.
struct MinimizeProgress {
  std::uint64_t trials = 0;    ///< programs that were run
  std::size_t operations = 0;  ///< of the best so far
};

struct MinimizeOptions {
  std::uint64_t most_trials = std::numeric_limits<std::uint64_t>::max();
  /// The layout may become the tiny one, where the same finding needs fewer operations. For trials that take
  /// their subject from the trace.
  bool any_layout = false;
  std::span<const OwnOperation> own = {};  ///< of the allocator: their numbers become the simplest, too
  std::function<bool()> stop = {};         ///< asked before every trial; true: enough
  std::function<void(const MinimizeProgress&)> progress = {};  ///< called after every trial
  std::function<void(const Trace&)> improved = {};             ///< called with every better program
};

struct Minimized {
  Trace trace;
  Finding finding;           ///< of that trace, by its own run
  std::uint64_t trials = 0;  ///< programs that were run
  std::uint64_t steps = 0;   ///< of them, those that were simpler and showed the same finding
  bool at_rest = true;       ///< nothing simpler is left to try; false: stopped before
};

/// The fewest operations and the simplest numbers that show the same finding: of the same cause_of(). Cuts
/// behind the guilty step, drops blocks with all their operations and then single operations, in chunks of
/// halving size, then pairs; tries two or three operations with a block as large as all live ones, requests
/// that are larger, up to one that nobody may grant, and one step in place of many that take blocks; gives
/// every block a slot of its own; then calls become simpler ones, and sizes the simplest, smaller or larger:
/// see simplicity(). All of it again until nothing simpler is left to try. Every step is verified by its run.
/// Deterministic where `trial` and `stop` are. Nothing where the trace shows no finding.
[[nodiscard]] std::optional<Minimized> minimize(const Trace& trace, const Trial& trial,
                                                const MinimizeOptions& options = {});

}  // namespace poolhammer
