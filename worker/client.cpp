#include "worker/client.hpp"

#include <algorithm>
#include <utility>

#include "harness/oracles/pattern.hpp"

namespace poolhammer::worker {

using library::Seen;
using library::StepRecord;

namespace {

[[nodiscard]] std::span<std::byte> bytes_of(const void* address, std::size_t size) {
  return {static_cast<std::byte*>(const_cast<void*>(address)), size};
}

[[nodiscard]] std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address);
}

}  // namespace

void Client::perform(std::span<const Operation> operations) {
  // What is mapped amid the program would want memory where the program limits it.
  for (const Operation& operation : operations) {
    if (operation.has_slot()) (void)slots_[operation.slot];
    if (operation.context == Context::alternate_stack) handlers_.map_stack();
  }
  for (std::size_t index = 0; index < operations.size() && !stopped_; ++index) {
    place_.step.store(index, std::memory_order_relaxed);
    StepRecord& record = records_[index];
    step(operations[index], record);
    if (operations[index].kind == OperationKind::fork && fork_child(operations, index, record)) continue;
    const bool due = request_.check_every != 0 && (index + 1) % request_.check_every == 0;
    if (due && !stopped_) check(record);
    record.done = true;
    if (in_child_ && operations[index].kind == OperationKind::child_ends) leave_child();
  }
  if (in_child_) leave_child();
  acts_.unlimit();
  if (!place_.unreleased) acts_.release();
  if (stopped_) return;
  place_.step.store(operations.size(), std::memory_order_relaxed);
  check(end_);
  end_.called = true;
  if (request_.drain && !stopped_) drain();
  end_.done = true;
}

void Client::step(const Operation& operation, StepRecord& record) {
  if (operation.has_thread()) thread_ = operation.thread;
  context_ = operation.context;
  if (is_function(operation.kind)) return perform_call(operation, slots_[operation.slot], record);
  switch (operation.kind) {
    case OperationKind::fill:
    case OperationKind::fill_usable: {
      Slot& slot = slots_[operation.slot];
      if (slot.address == nullptr || !intact(slot.address, slot.written, slot.pattern, Seen::before, record))
        return;
      return fill(slot, operation.kind == OperationKind::fill ? slot.size
                                                              : usable(slot.address, slot.origin, slot.size));
    }
    case OperationKind::end_thread:
      if (company_.threads != nullptr) company_.threads->end(operation.thread);
      return;
    case OperationKind::set_errno:
      next_error_ = static_cast<int>(operation.size);
      return;
    case OperationKind::check:
      return check(record);
    default:
      return act(operation, record);
  }
}

void Client::perform_call(const Operation& operation, Slot& slot, StepRecord& record) {
  const auto plan = plan_for(operation, slot);
  if (!plan) return;
  if (allocates(plan->call.function)) return request(*plan, slot, record);
  if (frees(plan->call.function)) return release(*plan, slot, record);
  note(call(plan->call), record);
}

std::optional<PlannedCall> Client::plan_for(const Operation& operation, const Slot& slot) const {
  return planned_call(operation, slot, {request_.memory_limit, live_bytes_, true},
                      [this](OperationKind kind) { return table_.has(kind); });
}

void Client::request(const PlannedCall& plan, Slot& slot, StepRecord& record) {
  const Slot old = slot;
  const bool resize = resizes(plan.call.function);
  if (old.address != nullptr && !intact(old.address, old.written, old.pattern, Seen::before, record)) return;
  prepare_resize(old, plan.total);
  const FunctionCall asked = without_empty_resize(plan);
  Answer answer = call(asked);
  if (request_.drop_empty && answer.block != nullptr && plan.total == 0 && old.address == nullptr) {
    record.dropped = true;
    (void)call({.function = plain_free(asked.function), .block = answer.block, .alignment = asked.alignment});
    answer.block = nullptr;
  }
  note(answer, record);
  if (answer.block == nullptr) {
    if (old.address != nullptr) (void)intact(old.address, old.written, old.pattern, Seen::after, record);
    return;
  }
  ask_usable(answer.block, asked.function, record);
  live_bytes_ += touched_bytes(plan.total) - touched_bytes(old.size);
  slot = {block_given(plan, answer.block), pattern_of(blocks_ever_++), 0, answer.block};
  if (!request_.contents) return;
  if (asked.function == OperationKind::calloc && request_.shadow &&
      request_.looks[static_cast<std::size_t>(Seen::nonzero)]) {
    const auto bytes = bytes_of(slot.address, slot.size);
    if (const auto offset = find_nonzero(bytes)) {
      record.seen = Seen::nonzero;
      record.wrong_block = record.block;
      record.offset = *offset;
      record.found = std::to_integer<std::uint8_t>(bytes[*offset]);
      stopped_ = true;
      return;
    }
  }
  if (resize && old.address != nullptr &&
      !intact(slot.address, std::min(old.written, slot.size), old.pattern, Seen::after, record))
    return;
  fill(slot, slot.size);
}

void Client::release(const PlannedCall& plan, Slot& slot, StepRecord& record) {
  if (slot.address != nullptr && !intact(slot.address, slot.written, slot.pattern, Seen::before, record))
    return;
  live_bytes_ -= slot.address == nullptr ? 0 : touched_bytes(slot.size);
  void* const last = slot.last;
  slot = {};
  slot.last = last;
  if (!plan.calls) return;
  Answer answer;
  give_or_free(plan.call, answer);
  note(answer, record);
}

/// Now and then the block goes to another thread, and one from there is freed instead.
void Client::give_or_free(FunctionCall asked, Answer& answer) {
  if (company_.hand_over == nullptr || asked.block == nullptr || !random_.chance(1, 4)) {
    answer = call(asked);
    return;
  }
  // Nothing is called for this block now, so nothing changes errno.
  answer.error = std::exchange(next_error_, 0);
  const Parcel parcel{asked, random_.next()};
  wrap(parcel);
  receive(company_.hand_over->exchange(random_.next(), parcel));
}

void Client::receive(const Parcel& parcel) {
  if (parcel.call.block == nullptr) return;
  if (end_.seen == Seen::nothing) {
    const auto bytes = bytes_of(parcel.call.block, parcel.call.size);
    if (const auto offset = find_damage(bytes, parcel.pattern)) {
      end_.seen = Seen::handed_over;
      end_.wrong_block = number(parcel.call.block);
      end_.usable = parcel.call.size;
      end_.offset = *offset;
      end_.found = std::to_integer<std::uint8_t>(bytes[*offset]);
      end_.expected = std::to_integer<std::uint8_t>(pattern_byte(parcel.pattern, *offset));
    }
  }
  (void)call(parcel.call);
}

void Client::empty_shelf() {
  if (company_.hand_over == nullptr) return;
  for (std::uint64_t place = 0; place < HandOver::places; ++place)
    receive(company_.hand_over->exchange(place, {}));
}

Answer Client::call(FunctionCall asked) {
  asked.error = std::exchange(next_error_, 0);
  Answer answer;
  perform_inside(asked.function, [&] { answer = table_.call(asked); });
  return answer;
}

void Client::note(const Answer& answer, StepRecord& record) const {
  record.block = number(answer.block);
  record.usable = answer.value;
  record.error = answer.error;
  record.status = answer.status;
  record.threw = answer.threw;
  record.result_kept = answer.result_kept;
  record.handled = static_cast<std::uint8_t>(answer.handled);
  record.thrown = answer.thrown;
  record.called = true;
}

void Client::ask_usable(void* block, OperationKind origin, StepRecord& record) {
  if (!tells_usable(origin)) return;
  record.usable = usable(block, origin, 0);
  record.asked = true;
}

std::size_t Client::usable(void* block, OperationKind origin, std::size_t size) {
  if (!tells_usable(origin)) return size;
  return call({.function = OperationKind::malloc_usable_size, .block = block}).value;
}

void Client::fill(Slot& slot, std::size_t bytes) {
  if (!request_.contents) return;
  slot.written = std::max(bytes, slot.size);
  write_pattern(bytes_of(slot.address, slot.written), slot.pattern);
}

/// What will be looked at in the part that stays of a large block is others than its samples.
void Client::prepare_resize(const Slot& slot, std::size_t size) {
  if (slot.address == nullptr || size >= slot.written || slot.written <= wholly_touched) return;
  write_pattern(bytes_of(slot.address, size), slot.pattern);
}

bool Client::intact(const void* address, std::size_t size, std::uint64_t pattern, Seen seen,
                    StepRecord& record) {
  if (!request_.contents || !request_.shadow || !request_.looks[static_cast<std::size_t>(seen)]) return true;
  const auto bytes = bytes_of(address, size);
  const auto offset = find_damage(bytes, pattern);
  if (!offset) return true;
  record.seen = seen;
  record.wrong_block = number(address);
  record.offset = *offset;
  record.found = std::to_integer<std::uint8_t>(bytes[*offset]);
  stopped_ = true;
  return false;
}

void Client::check(StepRecord& record) {
  // Of several damaged blocks the one with the lowest address is noted, as the judge reports that one.
  const void* lowest = nullptr;
  slots_.for_each([&](Slot& slot) {
    if (slot.address == nullptr || (lowest != nullptr && slot.address > lowest)) return;
    if (!intact(slot.address, slot.written, slot.pattern, Seen::check, record)) lowest = slot.address;
  });
}

void Client::drain() {
  context_ = Context::program;
  slots_.for_each([&](Slot& slot) {
    if (slot.address == nullptr || stopped_) return;
    const auto plan = plan_for({.kind = plain_free(slot.origin)}, slot);
    StepRecord freed{};
    release(*plan, slot, freed);
    if (stopped_) {
      // How many calls the drain ended stays: the judge counts them.
      const std::uint64_t calls = end_.block;
      end_ = freed;
      end_.block = calls;
      end_.called = true;
      return;
    }
    ++end_.block;
  });
}

}  // namespace poolhammer::worker
