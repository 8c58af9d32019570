#include "bench/replayable.hpp"

#include <algorithm>
#include <cstdint>

namespace poolhammer::bench {

Replayable make_replayable(const Trace& trace) {
  Replayable made;
  std::vector<bool> live;
  for (Operation call : trace.operations) {
    if (!call.has_slot()) continue;
    if (call.slot >= live.size()) live.resize(call.slot + std::size_t{1});
    const bool allocates = call.kind == OperationKind::malloc || call.kind == OperationKind::calloc;
    if (allocates && live[call.slot]) continue;
    if (call.kind != OperationKind::free) call.size = std::max<std::uint64_t>(call.size, 1);
    if (call.kind == OperationKind::calloc) call.count = std::max(call.count, 1U);
    live[call.slot] = call.kind != OperationKind::free;
    made.calls.push_back(call);
  }
  made.slots = live.size();
  for (std::uint32_t slot = 0; slot < live.size(); ++slot) {
    if (live[slot]) made.calls.push_back({.kind = OperationKind::free, .slot = slot});
  }
  return made;
}

}  // namespace poolhammer::bench
