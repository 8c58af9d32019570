// Programs of a few operations, with larger blocks in place of many.
#include <algorithm>
#include <cstddef>
#include <map>
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

[[nodiscard]] Operation block_of(std::uint32_t slot, std::uint64_t bytes, std::uint8_t thread) {
  return {.kind = OperationKind::malloc, .slot = slot, .size = bytes, .thread = thread};
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
  for (const std::uint64_t bytes : sizes_for(live_before(operations, index))) {
    if (search.stopped()) return;
    if (giver) {
      if (search.attempt({block_of(guilty.slot, bytes, guilty.thread), guilty})) return;
      if (has_bytes(guilty)) {
        Operation larger = guilty;
        larger.count = 1;
        larger.size = bytes;
        if (search.attempt({operations[*giver], canonical(larger)})) return;
      }
      if (search.attempt({block_of(other, bytes, guilty.thread), operations[*giver], guilty})) return;
    } else if (search.attempt({block_of(other, bytes, guilty.thread), guilty})) {
      return;
    }
  }
}

}  // namespace poolhammer
