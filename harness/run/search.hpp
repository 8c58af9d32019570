#pragma once

#include <cstdint>
#include <span>
#include <unordered_set>
#include <vector>

#include "harness/run/cause.hpp"
#include "harness/run/minimize.hpp"

namespace poolhammer {

/// The best program so far, and the trials that better it. What does not show the finding of the first is
/// remembered, and not run twice.
class MinimizeSearch {
 public:
  /// Runs `trace`. Without a finding has_finding() is false, and nothing else may be called.
  MinimizeSearch(const Trace& trace, const Trial& trial, const MinimizeOptions& options);

  [[nodiscard]] bool has_finding() const { return finding_.has_value(); }
  [[nodiscard]] const Trace& best() const { return best_; }
  [[nodiscard]] const std::vector<Operation>& operations() const { return best_.operations; }
  [[nodiscard]] const Finding& finding() const { return *finding_; }

  /// Takes `candidate` for the best if its run shows the same cause. Precondition: it is simpler, or plainer.
  bool attempt(Trace candidate);
  bool attempt(std::vector<Operation> operations) {
    return attempt(Trace{best_.layout, std::move(operations)});
  }
  /// Drops what the best has behind its guilty step.
  void cut_behind();

  enum class Depth : std::uint8_t {
    blocks,      ///< without blocks
    operations,  ///< and without single operations, and pairs
  };
  /// Shortens `start`, which need not be simpler than the best, and takes what comes out for the best where
  /// that has fewer operations. Whether it has.
  bool excursion(const Trace& start, Depth depth = Depth::operations);

  /// Whether no trial may follow.
  [[nodiscard]] bool stopped();
  [[nodiscard]] std::uint64_t trials() const { return trials_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::uint64_t most_trials() const { return options_.most_trials; }

 private:
  [[nodiscard]] std::optional<Finding> run(const Trace& trace);

  const Trial& trial_;
  const MinimizeOptions& options_;
  Trace best_;
  std::optional<Finding> finding_;
  Cause cause_;
  std::unordered_set<std::uint64_t> failed_;
  std::uint64_t trials_ = 0;
  std::uint64_t steps_ = 0;
  bool stopped_ = false;
};

/// Programs that fill pools need fewer blocks of another size: tries the sizes that pools hold fewest of.
void try_larger_blocks(MinimizeSearch& search);

/// Of a program with many blocks, two or three operations that show the same, with a block as large as all of
/// them.
void try_few_large_blocks(MinimizeSearch& search);

/// Fewer operations by one larger request: one that is refused for sure may need nothing of what filled the
/// heap, and one that is large less of it.
void try_larger_requests(MinimizeSearch& search);

/// Fewer operations in place of those that only take blocks: one large block, or one act that takes as many.
void try_one_for_many(MinimizeSearch& search);

/// The blocks that an act takes one by one, where they turned out to be few: plainer, though more operations.
void try_few_one_by_one(MinimizeSearch& search);

/// The passes over the best program: each leaves it with fewer operations, or as it was.
namespace shorten {
void cut(MinimizeSearch& search);         ///< behind the finding, and all but the last before it
void blocks(MinimizeSearch& search);      ///< drops blocks with all their operations
void operations(MinimizeSearch& search);  ///< drops single operations, then pairs
}  // namespace shorten

/// The passes that leave the number of operations: calls, sizes, slots, the layout.
namespace simplify {
void layout(MinimizeSearch& search);
void slots(MinimizeSearch& search);
void calls(MinimizeSearch& search);
void sizes(MinimizeSearch& search);
/// Of the allocator's own operations: a plainer call in their place, numbers nearer to the first of their
/// ranges.
void own(MinimizeSearch& search, std::span<const OwnOperation> own);
/// Of a program with few sizes, the simplest ones of all that show the finding: the same ones whatever the
/// program was. On the layout tiny where it may.
void few_sizes(MinimizeSearch& search, bool any_layout);
}  // namespace simplify

}  // namespace poolhammer
