#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/oracles/finding.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

struct RunOptions {
  bool contents = true;    ///< the shadow heap writes and verifies every byte
  bool invariants = true;  ///< the subject's invariants are an oracle
  std::uint64_t check_every =
      0;              ///< full check after every so many operations; 0: only at check points and the end
  bool drain = true;  ///< free what is left at the end, and judge what remains then
  /// A request that would take the live bytes above this is skipped, so that a trace cannot exhaust the
  /// machine's memory; for realloc the old block counts beside the new one, as a move needs both. Sizes over
  /// PTRDIFF_MAX, which nobody may grant, always reach the subject.
  std::uint64_t memory_limit = std::uint64_t{4} << 30U;
  std::uint64_t progress_every = 0;  ///< call `progress` after every so many operations; 0: never
  std::function<void(std::uint64_t done)> progress;
  std::function<void(const Subject&)>
      after_last_step;  ///< sees the heap as the program leaves it, not yet drained
};

struct RunStatistics {
  std::uint64_t operations = 0;  ///< executed steps, skipped ones included
  std::uint64_t skipped = 0;  ///< allocations into a slot that holds a block, requests over the memory limit
  std::uint64_t refused = 0;  ///< requests that the subject answered with NULL
  std::uint64_t checks = 0;   ///< full checks
  std::uint64_t peak_live_blocks = 0;
  std::uint64_t peak_live_bytes = 0;  ///< bytes asked for
};

struct Verdict {
  std::optional<Finding> finding;  ///< the first; the run stops there
  RunStatistics statistics;
};

/// Runs `trace` on `subject`, which it resets first, and judges every step. A pure function of its arguments
/// for a deterministic subject.
[[nodiscard]] Verdict run(const Trace& trace, Subject& subject, const RunOptions& options = {});

/// The step that the process is running, for a crash handler: written before every step, with no locks.
struct RunningStep {
  const Trace* trace = nullptr;  ///< null while no trace runs
  std::size_t index = 0;         ///< the number of steps while draining
};
[[nodiscard]] const RunningStep& running_step() noexcept;

}  // namespace poolhammer
