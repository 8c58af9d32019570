#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/oracles/complaint.hpp"

namespace poolhammer {

class Subject;

/// Which oracles judge. Without any, the program runs as it is, and only a crash or a sanitizer tells.
struct Oracles {
  bool shadow = true;      ///< the client's side: addresses, contents, zeroing, what realloc keeps
  bool invariants = true;  ///< the subject's invariants, all of them, at check points
  bool local = true;       ///< those near the operation's block, after every operation
  bool model = true;       ///< the exact model, after every operation; everything it knows at check points
  bool poison = true;  ///< what AddressSanitizer forbids clients, in a build with it; needs the model's books
  bool contract = true;  ///< what the standards promise of a call alone: errno, status, usable sizes

  friend bool operator==(const Oracles&, const Oracles&) = default;
};

/// "shadow,local", "none": the oracles that `words` lists with commas; nothing where a word is unknown.
[[nodiscard]] std::optional<Oracles> oracles_named(std::string_view words);
[[nodiscard]] std::string to_string(const Oracles& oracles);

struct RunOptions {
  bool contents = true;  ///< every byte of every block is written, and with the shadow heap verified
  Oracles oracles;
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
  /// Where the index of every step is written before it begins, for one who watches from outside; null:
  /// nowhere.
  std::atomic<std::uint64_t>* step_shown_at = nullptr;
  /// poolhammer_stop() is called before this step; the number of steps: before the last check.
  std::uint64_t stop_at = std::numeric_limits<std::uint64_t>::max();
  /// Ids of clauses of the contract that are known to be broken, and not reported.
  std::vector<std::string> accepted;
  /// The ids of the oracles that judge; empty: all. What others would find is passed over, and the program
  /// goes on where it can.
  std::vector<std::string> only;
  [[nodiscard]] ChosenOracles chosen() const { return {.only = only, .accepted = accepted}; }
  /// The allocator is said to coalesce: see CoalescedRoom.
  bool coalesces = false;
  /// The number of the first block: runs that go on at the same time have blocks of different patterns.
  std::uint64_t first_block = 0;
};

struct RunStatistics {
  std::uint64_t operations = 0;  ///< executed steps, skipped ones included
  std::uint64_t skipped = 0;  ///< allocations into a slot that holds a block, requests over the memory limit
  std::uint64_t refused = 0;  ///< requests that the subject answered with NULL
  std::uint64_t checks = 0;   ///< full checks
  std::uint64_t peak_live_blocks = 0;
  std::uint64_t peak_live_bytes = 0;  ///< bytes asked for
};

}  // namespace poolhammer
