#pragma once

#include <optional>
#include <string>

#include "harness/run/runner.hpp"

namespace poolhammer {

/// What two subjects that run the same trace are compared by.
enum class Compare : std::uint8_t {
  /// What ISO C promises: a block or NULL, and the contents of every block. A refusal that was commanded may
  /// hit one alone; the slot is then emptied on both, and both go on alike.
  meaning,
  /// Also where every block lies, all that is asked of the arena source and the raw allocator, and all pools
  /// with their free lists. Addresses are counted from each subject's origin().
  placements,
};

/// Why two subjects cannot be compared by their placements, in words; nothing where they can.
[[nodiscard]] std::optional<std::string> placements_not_comparable(Subject& subject, Subject& judge);

/// Runs `trace` on both, which it resets first, in lockstep: every step on `subject`, then on `judge`, then
/// the comparison. Slots, skipping and the drain are as in run(). Of the oracles of `options` only the shadow
/// heap is asked, on both; after_last_step sees `subject`. What `judge` does is right: a difference is a
/// finding about `subject`. Compare::placements needs subjects that placements_not_comparable() has nothing
/// to say of.
[[nodiscard]] Verdict run_against(const Trace& trace, Subject& subject, Subject& judge, Compare compare,
                                  const RunOptions& options = {});

}  // namespace poolhammer
