#include "harness/trace/with_its_end.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace poolhammer {
namespace {

[[nodiscard]] bool has(const Trace& trace, OperationKind kind) {
  return std::ranges::any_of(trace.operations,
                             [kind](const Operation& operation) { return operation.kind == kind; });
}

}  // namespace

Trace with_its_end(const Trace& trace) {
  Trace whole = trace;
  std::set<std::uint32_t> slots;
  std::set<std::uint8_t> threads;
  for (const Operation& operation : trace.operations) {
    if (operation.has_slot()) slots.insert(operation.slot);
    threads.insert(operation.thread);
  }
  if (has(trace, OperationKind::fork)) whole.operations.push_back({.kind = OperationKind::child_ends});
  if (has(trace, OperationKind::limit_memory))
    whole.operations.push_back(
        {.kind = OperationKind::limit_memory, .size = std::numeric_limits<std::uint64_t>::max()});
  if (has(trace, OperationKind::exhaust)) whole.operations.push_back({.kind = OperationKind::release});
  for (const std::uint32_t slot : slots)
    whole.operations.push_back({.kind = OperationKind::free, .slot = slot});
  threads.erase(0);
  for (const std::uint8_t thread : threads)
    whole.operations.push_back(on_thread(thread, {.kind = OperationKind::end_thread}));
  return whole;
}

}  // namespace poolhammer
