#include "harness/trace/lifetimes.hpp"

#include <algorithm>
#include <unordered_map>

namespace poolhammer {

Lifetimes lifetimes_of(const std::vector<Operation>& operations) {
  Lifetimes lifetimes;
  lifetimes.of.reserve(operations.size());
  std::unordered_map<std::uint32_t, std::uint32_t> live;  // the lifetime of each slot that holds a block
  for (const Operation& operation : operations) {
    const auto found = operation.has_slot() ? live.find(operation.slot) : live.end();
    // An allocation into a slot that holds a block is skipped: it belongs to nobody.
    const bool goes_on = found != live.end() && (resizes(operation.kind) || !allocates(operation.kind));
    const std::uint32_t lifetime = goes_on ? found->second : lifetimes.count++;
    lifetimes.of.push_back(lifetime);
    if (goes_on && frees(operation.kind)) live.erase(found);
    // One of the allocator's own on an empty slot may be what gives the block.
    const bool gives = allocates(operation.kind) || operation.kind == OperationKind::own_block;
    if (found == live.end() && gives) live.emplace(operation.slot, lifetime);
  }
  return lifetimes;
}

std::optional<std::size_t> giver_of(const std::vector<Operation>& operations, std::size_t index,
                                    std::span<const OwnOperation> own) {
  if (index >= operations.size() || !operations[index].has_slot()) return std::nullopt;
  std::optional<std::size_t> giver;
  for (std::size_t i = 0; i < index; ++i) {
    const Operation& operation = operations[i];
    const OwnOperation* const declaration = declared(operation, own);
    const OwnEffect effect = declaration == nullptr ? OwnEffect::none : declaration->effect;
    if (effect == OwnEffect::frees_all) giver.reset();
    if (!operation.has_slot() || operation.slot != operations[index].slot) continue;
    if (frees(operation.kind) || effect == OwnEffect::frees)
      giver.reset();
    else if (resizes(operation.kind) || (effect == OwnEffect::resizes && giver) ||
             ((allocates(operation.kind) || effect == OwnEffect::gives) && !giver))
      giver = i;
  }
  return giver;
}

std::vector<Operation> without(const std::vector<Operation>& operations, const Lifetimes& lifetimes,
                               std::uint32_t begin, std::uint32_t end) {
  std::vector<Operation> left;
  left.reserve(operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (lifetimes.of[i] < begin || lifetimes.of[i] >= end) left.push_back(operations[i]);
  }
  return left;
}

std::vector<Operation> last_of(const std::vector<Operation>& operations, const Lifetimes& lifetimes,
                               std::size_t tail) {
  const std::size_t first = operations.size() - std::min(tail, operations.size());
  std::vector<bool> is_kept(lifetimes.count, false);
  for (std::size_t i = first; i < operations.size(); ++i) is_kept[lifetimes.of[i]] = true;
  std::vector<Operation> kept;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (is_kept[lifetimes.of[i]]) kept.push_back(operations[i]);
  }
  return kept;
}

std::vector<Operation> with_own_slots(const std::vector<Operation>& operations) {
  const Lifetimes lifetimes = lifetimes_of(operations);
  constexpr std::uint32_t none = slot_limit;
  std::vector<std::uint32_t> slot_of(lifetimes.count, none);
  std::uint32_t next = 0;
  std::vector<Operation> renamed = operations;
  for (std::size_t i = 0; i < renamed.size(); ++i) {
    if (!renamed[i].has_slot()) continue;
    std::uint32_t& slot = slot_of[lifetimes.of[i]];
    if (slot == none) slot = next++;
    if (slot >= slot_limit) return operations;
    renamed[i].slot = slot;
  }
  return renamed;
}

}  // namespace poolhammer
