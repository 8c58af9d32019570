#include "harness/c_program/outline.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <map>

namespace poolhammer::c {
namespace {

/// A slot that gets another request behind one that may have been refused.
void find_unsure(std::span<const Operation> operations, bool limited, Outline& outline) {
  std::set<std::uint32_t> doubtful;
  for (const Operation& operation : operations) {
    limited = limited || limits_memory(operation);
    if (operation.kind == OperationKind::fill_usable) outline.filled_up.insert(operation.slot);
    // What only the allocator has may give a block, or another to the slot.
    if (operation.has_own() && operation.has_slot()) {
      outline.unsure.insert(operation.slot);
      doubtful.insert(operation.slot);
    }
    if (!allocates(operation.kind)) continue;
    const bool doubt = limited || may_be_refused(operation);
    if (doubtful.contains(operation.slot) || (doubt && resizes(operation.kind)))
      outline.unsure.insert(operation.slot);
    if (doubt) doubtful.insert(operation.slot);
  }
}

/// Whether each thread ends as soon as it has done its steps.
[[nodiscard]] bool threads_last(std::span<const Operation> operations) {
  std::uint8_t last = 0;
  for (const Operation& operation : operations) {
    const auto thread = thread_of(operation);
    if (operation.kind == OperationKind::end_thread && operation.thread == last) {
      last = 0;
      continue;
    }
    if (!thread || *thread == last) continue;
    if (last != 0) return true;
    last = *thread;
  }
  return last != 0;
}

}  // namespace

Outline outline_of(std::span<const Operation> operations, bool limited) {
  Outline outline;
  find_unsure(operations, limited, outline);
  for (const Operation& operation : operations)
    outline.parts |= thread_of(operation).value_or(0) != 0 || operation.context != Context::program;
  outline.lasting_threads =
      threads_last(operations) || std::ranges::any_of(operations, [](const Operation& operation) {
        return operation.context == Context::destructor;
      });
  return outline;
}

bool may_be_refused(const Operation& request) {
  constexpr std::uint64_t much = std::uint64_t{1} << 30U;
  if (request.bytes().value_or(std::numeric_limits<std::uint64_t>::max()) > much) return true;
  if (!asks_alignment(request.kind)) return false;
  const bool usual = std::has_single_bit(request.alignment) && request.alignment >= sizeof(void*) &&
                     request.alignment <= much;
  return !usual || (request.kind == OperationKind::aligned_alloc && request.size % request.alignment != 0);
}

bool limits_memory(const Operation& operation) {
  return operation.kind == OperationKind::exhaust ||
         (operation.kind == OperationKind::limit_memory &&
          operation.size != std::numeric_limits<std::uint64_t>::max());
}

std::optional<std::uint8_t> thread_of(const Operation& operation) {
  using enum OperationKind;
  switch (operation.kind) {
    case set_errno:
    case end_thread:
    case check:
    case fail_arenas:
    case fail_raw:
    case place:
    case domain:
    case hook:
    case measure_resident:
    case measure_gain:
      return std::nullopt;
    default:
      return operation.thread;
  }
}

}  // namespace poolhammer::c
