#include "harness/picture/playback.hpp"

#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "harness/run/finding_at.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {

Playback::Playback(const Trace& trace, Subject& subject, const RunOptions& options)
    : trace_(trace), options_(options), judged_(subject, options_) {}

bool Playback::step() {
  if (finding_ || done_ == trace_.operations.size()) return false;
  const Operation& operation = trace_.operations[done_];
  const RunStatistics before = judged_.statistics();
  last_ = {};
  if (operation.has_slot())
    last_.before = std::bit_cast<std::uintptr_t>(judged_.block(operation.slot).address);
  std::optional<Complaint> complaint = judged_.perform(operation);
  if (operation.has_slot()) note_slot(operation.slot);
  if (judged_.statistics().skipped != before.skipped) last_.end = StepEnd::skipped;
  if (judged_.statistics().refused != before.refused) last_.end = StepEnd::refused;
  ++done_;
  if (!complaint && options_.check_every != 0 && done_ % options_.check_every == 0)
    complaint = judged_.check();
  if (complaint) found(to_text(operation, subject().own_operations()), std::move(*complaint));
  return true;
}

bool Playback::finish() {
  if (finding_) return true;
  if (auto complaint = judged_.check()) {
    found(std::string(finding_at_end), std::move(*complaint));
    return true;
  }
  if (!options_.drain) return true;
  const auto drained = judged_.drain();
  std::vector<std::uint32_t> slots;
  for (const auto& [slot, address] : addresses_) slots.push_back(slot);
  for (const std::uint32_t slot : slots) note_slot(slot);
  if (drained) {
    found(std::string(finding_at_drain), *drained);
    return true;
  }
  const auto left = subject().teardown();
  if (left && options_.oracles.shadow)
    found(std::string(finding_at_teardown), {"teardown", "", "everything given back", *left});
  return false;
}

void Playback::note_slot(std::uint32_t slot) {
  const ShadowBlock& block = judged_.block(slot);
  const auto known = addresses_.find(slot);
  if (known != addresses_.end()) {
    held_.erase(known->second);
    addresses_.erase(known);
  }
  last_.after = std::bit_cast<std::uintptr_t>(block.address);
  if (block.address == nullptr) return;
  addresses_[slot] = last_.after;
  held_[last_.after] = {slot, block.size};
}

void Playback::found(std::string operation, Complaint complaint) {
  const bool after_the_last =
      operation == finding_at_end || operation == finding_at_drain || operation == finding_at_teardown;
  finding_ = finding_at(trace_, after_the_last ? done_ : done_ - 1, std::move(operation),
                        std::move(complaint), subject().own_operations());
}

}  // namespace poolhammer
