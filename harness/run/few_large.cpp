// Programs of a few operations, with larger blocks in place of many.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/run/simplicity.hpp"
#include "harness/trace/lifetimes.hpp"

namespace poolhammer {
namespace {

/// What is live before the guilty step.
struct Live {
  std::uint64_t bytes = 0;
  std::uint64_t blocks = 0;
};

[[nodiscard]] Live live_before(const std::vector<Operation>& operations, std::size_t guilty) {
  std::map<std::uint32_t, std::uint64_t> sizes;
  for (std::size_t i = 0; i < guilty; ++i) {
    const Operation& operation = operations[i];
    if (has_bytes(operation))
      sizes[operation.slot] = operation.bytes().value_or(0);
    else if (frees(operation.kind))
      sizes.erase(operation.slot);
  }
  Live live{.bytes = 0, .blocks = sizes.size()};
  for (const auto& [slot, bytes] : sizes) live.bytes += bytes;
  return live;
}

/// Sizes that may do what all live blocks do together: their bytes, with what an allocator adds to each, and
/// powers of two around.
[[nodiscard]] std::set<std::uint64_t> sizes_for(const Live& live) {
  constexpr std::uint64_t largest = std::uint64_t{64} << 20U;
  std::set<std::uint64_t> sizes;
  for (std::uint64_t overhead = 0; overhead <= 32; overhead += 4)
    sizes.insert(live.bytes + overhead * live.blocks);
  for (std::uint64_t power = 256; power <= largest; power *= 4) sizes.insert(power);
  sizes.erase(0);
  sizes.erase(sizes.upper_bound(largest), sizes.end());
  return sizes;
}

/// Sizes that more and more heaps refuse, up to one that nobody may grant.
constexpr std::array<std::uint64_t, 4> refused_sizes = {std::uint64_t{1} << 63U, std::uint64_t{1} << 40U,
                                                        std::uint64_t{1} << 26U, std::uint64_t{1} << 20U};

[[nodiscard]] Operation block_of(std::uint32_t slot, std::uint64_t bytes, std::uint8_t thread) {
  return {.kind = OperationKind::malloc, .slot = slot, .size = bytes, .thread = thread};
}

/// What a full heap refuses: without the blocks that fill it, by one act that takes as many, by a limit of
/// the process's memory, or by a request that is refused for its size. A block between keeps the two steps of
/// one block apart.
[[nodiscard]] std::vector<std::vector<Operation>> refusals(const std::optional<Operation>& giver,
                                                           const Operation& guilty, bool is_long) {
  constexpr std::uint64_t blocks = 1024;
  const Operation between = block_of(guilty.slot == 0 ? 1 : 0, 1, guilty.thread);
  std::vector<Operation> begin;
  if (giver) begin.push_back(*giver);
  std::vector<std::vector<Operation>> programs;
  const auto add = [&](const std::vector<Operation>& middle, const Operation& last) {
    programs.push_back(begin);
    programs.back().insert(programs.back().end(), middle.begin(), middle.end());
    programs.back().push_back(last);
  };
  for (const std::uint64_t bytes : refused_sizes) {
    if (!has_bytes(guilty)) break;
    if (giver) add({}, with_bytes(guilty, bytes));
    if (giver) add({between}, with_bytes(guilty, bytes));
  }
  if (is_long) {
    add({{.kind = OperationKind::limit_memory}}, guilty);
    for (const std::uint64_t bytes : {64U, 4096U, 65'536U})
      add({{.kind = OperationKind::exhaust, .count = blocks, .size = bytes, .thread = guilty.thread}},
          guilty);
  }
  return programs;
}

}  // namespace

void try_few_large_blocks(MinimizeSearch& search) {
  constexpr std::size_t few = 3;
  const std::size_t index = search.finding().operation_index;
  if (search.operations().size() <= few || index >= search.operations().size()) return;
  const std::vector<Operation> operations = search.operations();
  const Operation guilty = operations[index];
  if (!is_function(guilty.kind)) return;
  const auto giver = giver_of(operations, index);
  const std::uint32_t other = guilty.slot == 0 ? 1 : 0;
  for (const std::vector<Operation>& program :
       refusals(giver ? std::optional(operations[*giver]) : std::nullopt, guilty,
                operations.size() >= many_blocks)) {
    if (search.stopped() || (program.size() < operations.size() && search.attempt(program))) return;
  }
  for (const std::uint64_t bytes : sizes_for(live_before(operations, index))) {
    if (search.stopped()) return;
    if (giver) {
      if (search.attempt({block_of(guilty.slot, bytes, guilty.thread), guilty})) return;
      if (has_bytes(guilty)) {
        if (search.attempt({operations[*giver], with_bytes(guilty, bytes)})) return;
      }
      if (search.attempt({block_of(other, bytes, guilty.thread), operations[*giver], guilty})) return;
    } else if (search.attempt({block_of(other, bytes, guilty.thread), guilty})) {
      return;
    }
  }
}

}  // namespace poolhammer
