#include "harness/library/logged_subject.hpp"

#include <algorithm>
#include <cstddef>

namespace poolhammer::library {
namespace {

[[nodiscard]] std::uint64_t number(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address);
}

[[nodiscard]] WrongByte wrong_byte(const StepRecord& record) {
  return {static_cast<std::size_t>(record.offset), static_cast<std::byte>(record.found)};
}

[[nodiscard]] Answer answer_in(const StepRecord& seen) {
  Answer answer;
  answer.block = reinterpret_cast<void*>(seen.block);
  answer.value = seen.usable;
  answer.error = seen.error;
  answer.status = seen.status;
  answer.threw = seen.threw;
  answer.result_kept = seen.result_kept;
  answer.handled = seen.handled;
  answer.thrown = seen.thrown;
  return answer;
}

}  // namespace

const StepRecord& LoggedSubject::record() {
  const std::uint64_t step = step_.load(std::memory_order_relaxed);
  if (step != begun_) {
    begun_ = step;
    called_ = false;
  }
  return at_end() ? end_ : records_[static_cast<std::size_t>(step)];
}

Answer LoggedSubject::call(const FunctionCall& call) {
  const StepRecord& seen = record();
  if (at_end()) {
    if (++drained_ > seen.block) throw RecordsEnd();
    Answer answer;
    answer.error = call.error;
    return answer;
  }
  if (!seen.called) throw RecordsEnd();
  called_ = true;
  last_ = call.function;
  const Answer answer = answer_in(seen);
  if (observe_) observe(call, answer, seen);
  return answer;
}

ActAnswer LoggedSubject::act(const Operation& operation) {
  const StepRecord& seen = record();
  // Acts that call nothing are done where their step is.
  if (!seen.called && !seen.done) throw RecordsEnd();
  ActAnswer result;
  result.called = seen.called;
  result.answer = answer_in(seen);
  result.count = seen.usable;
  result.damaged = seen.seen == Seen::crowd;
  result.nonzero = seen.seen == Seen::nonzero;
  if (operation.has_by()) result.call = call_of(operation);
  if (has_generations(operation.kind)) result.growth = {seen.usable, seen.block, seen.offset};
  return result;
}

void LoggedSubject::observe(const FunctionCall& call, const Answer& answer, const StepRecord& seen) {
  if (frees(call.function)) {
    if (call.block != nullptr) observed_.freed(call.block);
    return;
  }
  if (!allocates(call.function) || answer.block == nullptr) return;
  const auto usable =
      seen.asked ? static_cast<std::size_t>(seen.usable) : call.size * std::max<std::size_t>(call.count, 1);
  if (call.block == nullptr)
    observed_.given(answer.block, usable);
  else
    observed_.resized(call.block, answer.block, usable);
}

void* LoggedSubject::malloc(std::size_t size) {
  return call({.function = OperationKind::malloc, .size = size}).block;
}
void* LoggedSubject::calloc(std::size_t count, std::size_t size) {
  return call({.function = OperationKind::calloc, .count = count, .size = size}).block;
}
void* LoggedSubject::realloc(void* block, std::size_t size) {
  return call({.function = OperationKind::realloc, .block = block, .size = size}).block;
}
void LoggedSubject::free(void* block) {
  (void)call({.function = OperationKind::free, .block = block});
}

std::size_t LoggedSubject::owed_alignment(std::size_t size) const noexcept {
  std::size_t alignment = alignof(std::max_align_t);
  while (alignment > 1 && alignment > size) alignment /= 2;
  return alignment;
}

std::optional<std::size_t> LoggedSubject::block_size(const void* /*block*/) {
  // It is asked of blocks of malloc and its kin alone.
  if (!has(OperationKind::malloc_usable_size) || facts(last_).family != Family::c) return std::nullopt;
  const StepRecord& seen = record();
  if (!seen.asked) throw RecordsEnd();
  return static_cast<std::size_t>(seen.usable);
}

std::optional<WrongByte> LoggedSubject::damage(const void* block) {
  const StepRecord& seen = record();
  const bool is_it = seen.wrong_block == number(block);
  if (at_end()) {
    if (is_it && (seen.seen == Seen::check || seen.seen == Seen::before)) return wrong_byte(seen);
    // The last check comes before the drain, whose calls are counted.
    if (!seen.called) throw RecordsEnd();
    return std::nullopt;
  }
  const Seen now = called_ ? Seen::after : Seen::before;
  if (is_it && (seen.seen == now || seen.seen == Seen::check)) return wrong_byte(seen);
  // What was looked at before the call is known to be right once the call came back.
  const bool looked = seen.done || (!called_ && seen.called) || seen.seen != Seen::nothing;
  if (!looked) throw RecordsEnd();
  return std::nullopt;
}

std::optional<WrongByte> LoggedSubject::nonzero(const void* block) {
  const StepRecord& seen = record();
  if (seen.seen == Seen::nonzero && seen.wrong_block == number(block)) return wrong_byte(seen);
  if (!seen.done && seen.seen == Seen::nothing) throw RecordsEnd();
  return std::nullopt;
}

}  // namespace poolhammer::library
