#include "harness/contract/from_trace.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "harness/run/planned_call.hpp"

namespace poolhammer::contract {
namespace {

/// Follows a program in which every request is granted that may be.
class Converter {
 public:
  [[nodiscard]] Probe convert(const Trace& trace) {
    for (const Operation& operation : trace.operations) add(operation);
    if (!probe_.empty()) push(expect(Expect::all_kept));
    return std::move(probe_);
  }

 private:
  struct Slot {
    std::uint16_t number = 0;
    SlotState state;
  };

  void push(Step step) {
    step.thread = thread_;
    probe_.push_back(step);
  }

  [[nodiscard]] Slot& slot_of(std::uint32_t slot) {
    const auto [known, is_new] = slots_.try_emplace(slot);
    if (is_new) known->second.number = static_cast<std::uint16_t>((slots_.size() - 1) % slot_count);
    return known->second;
  }

  void add(const Operation& operation) {
    if (operation.has_thread()) thread_ = operation.thread;
    if (operation.kind == OperationKind::end_thread) return push(plain(Verb::end_thread));
    if (operation.kind == OperationKind::set_errno) return push(plain(Verb::set_errno, operation.size));
    if (operation.kind == OperationKind::check) return push(expect(Expect::all_kept));
    if (operation.kind == OperationKind::fill) return refill(slot_of(operation.slot));
    if (!is_function(operation.kind)) return;
    Slot& slot = slot_of(operation.slot);
    constexpr std::uint64_t no_limit = ~std::uint64_t{0} >> 1U;
    const auto plan = planned_call(operation, slot.state, {no_limit, 0}, [](OperationKind) { return true; });
    if (!plan) return;
    if (allocates(plan->call.function)) return request(*plan, slot);
    const std::uint16_t block = slot.state.address == nullptr ? no_slot : slot.number;
    if (!frees(plan->call.function)) return push(call(block, plan->call.function, 0));
    if (block != no_slot) push(expect(Expect::kept, block));
    push(release(block, plan->call.function));
    slot.state = {};
  }

  void refill(const Slot& slot) {
    if (slot.state.address == nullptr) return;
    push(expect(Expect::kept, slot.number));
    push(fill(slot.number));
  }

  void request(const PlannedCall& plan, Slot& slot) {
    const FunctionCall& asked = plan.call;
    const bool resize_call = resizes(asked.function);
    const std::uint64_t first = takes_count(asked.function)      ? asked.count
                                : asks_alignment(asked.function) ? asked.alignment
                                                                 : asked.size;
    const bool was_live = slot.state.address != nullptr;
    if (was_live) push(expect(Expect::kept, slot.number));
    push(resize_call ? contract::resize(slot.number, asked.function, was_live ? slot.number : no_slot, first,
                                        asked.size)
                     : call(slot.number, asked.function, first, asked.size));
    constexpr std::uint64_t largest_object = ~std::uint64_t{0} >> 1U;
    if (plan.total > largest_object) {
      push(expect(Expect::null));
      return;
    }
    // Any address stands for the block that will be there.
    const std::size_t alignment = asks_alignment(asked.function) ? asked.alignment : 1;
    slot.state = {&slots_, plan.total, alignment, asked.function};
    demand(asked.function, slot, was_live);
  }

  void demand(Function function, const Slot& slot, bool was_live) {
    constexpr std::uint64_t fundamental = 16;
    const std::uint64_t size = slot.state.size;
    const std::uint64_t owed = size == 0 ? 1 : std::min(std::bit_floor(size), fundamental);
    const std::uint64_t alignment = size == 0 ? 1 : std::max<std::uint64_t>(owed, slot.state.alignment);
    if (alignment > 1) push(expect(Expect::aligned, slot.number, alignment));
    push(expect(Expect::disjoint, slot.number));
    if (function == Function::calloc && size > 0) push(expect(Expect::zero, slot.number, 0, size));
    if (was_live) push(expect(Expect::kept, slot.number));
    push(fill(slot.number));
  }

  Probe probe_;
  std::uint16_t thread_ = 0;
  std::map<std::uint32_t, Slot> slots_;
};

}  // namespace

Probe probe_of(const Trace& trace) {
  std::map<std::uint32_t, bool> slots;
  for (const Operation& operation : trace.operations) {
    if (operation.has_slot()) slots[operation.slot] = true;
  }
  if (slots.size() >= slot_count) return {};
  return Converter().convert(trace);
}

}  // namespace poolhammer::contract
