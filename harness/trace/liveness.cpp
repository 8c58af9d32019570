#include "harness/trace/liveness.hpp"

#include <algorithm>
#include <utility>

namespace poolhammer {
namespace {

[[nodiscard]] bool changes_liveness(const Operation& operation) {
  // One of the allocator's own may give the block that others do not.
  return allocates(operation.kind) || frees(operation.kind) || operation.kind == OperationKind::own_block;
}

}  // namespace

bool is_live(const std::vector<Operation>& operations, std::uint32_t slot, std::size_t place) {
  while (place > 0) {
    const Operation& operation = operations[--place];
    if (changes_liveness(operation) && operation.slot == slot) return !frees(operation.kind);
  }
  return false;
}

std::optional<std::uint32_t> find_slot(const std::vector<Operation>& operations, std::size_t place, bool live,
                                       Random& random) {
  for (int tries = 0; tries < 8 && place > 0; ++tries) {
    const Operation& operation = operations[static_cast<std::size_t>(random.below(place))];
    if (operation.has_slot() && is_live(operations, operation.slot, place) == live) return operation.slot;
  }
  return std::nullopt;
}

std::uint32_t first_fresh_slot(const std::vector<Operation>& operations) {
  std::uint32_t end = 0;
  for (const Operation& operation : operations)
    end = std::max(end, operation.has_slot() ? operation.slot + 1 : 0);
  return std::min(end, slot_limit - 1);
}

std::vector<std::uint32_t> live_slots(const std::vector<Operation>& operations, std::size_t place) {
  std::vector<std::pair<std::uint32_t, std::size_t>> last_step;  // of each slot
  for (std::size_t i = 0; i < place; ++i) {
    if (changes_liveness(operations[i])) last_step.emplace_back(operations[i].slot, i);
  }
  std::ranges::sort(last_step);
  std::vector<std::size_t> steps;
  for (std::size_t i = 0; i < last_step.size(); ++i) {
    const bool is_last = i + 1 == last_step.size() || last_step[i + 1].first != last_step[i].first;
    if (is_last && !frees(operations[last_step[i].second].kind)) steps.push_back(last_step[i].second);
  }
  std::ranges::sort(steps);
  std::vector<std::uint32_t> slots;
  for (const std::size_t step : steps) slots.push_back(operations[step].slot);
  return slots;
}

}  // namespace poolhammer
