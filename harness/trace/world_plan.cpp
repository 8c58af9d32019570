#include "harness/trace/world_plan.hpp"

#include <vector>

namespace poolhammer {
namespace {

constexpr std::uint64_t operations_between_refusals = 40;
constexpr std::uint64_t most_refusals = 4;

[[nodiscard]] bool is_fixed(const WorldPlan& plan, OperationKind kind) {
  if (kind == OperationKind::place) return plan.placement.has_value();
  if (kind == OperationKind::fail_arenas || kind == OperationKind::fail_raw)
    return plan.failures != Failures::any;
  return false;
}

/// The refusals to come before an operation, if any.
void refuse(Failures failures, std::vector<Operation>& operations, Random& random) {
  if (failures == Failures::any || failures == Failures::none) return;
  if (!random.chance(1, operations_between_refusals)) return;
  const bool arenas = failures == Failures::arenas || (failures == Failures::both && random.chance(1, 2));
  operations.push_back(
      {arenas ? OperationKind::fail_arenas : OperationKind::fail_raw, 0, 0, 1 + random.below(most_refusals)});
}

}  // namespace

void apply(const WorldPlan& plan, Trace& trace, Random& random) {
  std::vector<Operation> planned;
  planned.reserve(trace.operations.size());
  if (plan.placement) {
    planned.push_back({OperationKind::place, 0, 0, static_cast<std::uint64_t>(*plan.placement)});
  }
  for (const Operation& operation : trace.operations) {
    if (is_fixed(plan, operation.kind)) continue;
    refuse(plan.failures, planned, random);
    planned.push_back(operation);
  }
  trace.operations = std::move(planned);
}

}  // namespace poolhammer
