#include "harness/trace/restrict.hpp"

#include <algorithm>
#include <optional>

#include "harness/trace/function.hpp"

namespace poolhammer {
namespace {

/// The plainest function that gives a block; nothing where all are left out.
[[nodiscard]] std::optional<OperationKind> plain_giver(const std::vector<OperationKind>& without) {
  for (const OperationKind kind : {OperationKind::malloc, OperationKind::calloc}) {
    if (std::ranges::find(without, kind) == without.end()) return kind;
  }
  return std::nullopt;
}

/// The size itself where it lies between both, else one that does.
[[nodiscard]] std::uint64_t folded(std::uint64_t size, const Restriction& restriction) {
  const std::uint64_t smallest = restriction.smallest;
  const std::uint64_t largest = restriction.largest;
  if (size >= smallest && size <= largest) return size;
  const std::uint64_t span = largest - smallest;
  return smallest + (span == std::numeric_limits<std::uint64_t>::max() ? size : size % (span + 1));
}

void resize(Operation& operation, const Restriction& restriction) {
  using enum OperationKind;
  if (operation.kind == exhaust || operation.kind == recycle) {
    // Of many blocks each has the size.
    operation.size = folded(operation.size, restriction);
    return;
  }
  if (!allocates(operation.kind)) return;
  const std::uint64_t total = operation.bytes().value_or(std::numeric_limits<std::uint64_t>::max());
  if (operation.bytes() == folded(total, restriction)) return;
  operation.size = folded(total, restriction);
  operation.count = 1;
}

}  // namespace

void restrict_to(Trace& trace, const Restriction& restriction, std::span<const OwnOperation> own) {
  if (restriction.nothing()) return;
  const auto left_out = [&restriction](OperationKind kind) {
    return std::ranges::find(restriction.without, kind) != restriction.without.end();
  };
  const auto own_left_out = [&](const Operation& operation) {
    const OwnOperation* const declaration = declared(operation, own);
    return declaration != nullptr &&
           std::ranges::find(restriction.without_own, declaration->name) != restriction.without_own.end();
  };
  const std::optional<OperationKind> giver = plain_giver(restriction.without);
  for (Operation& operation : trace.operations) {
    const bool gives = allocates(operation.kind) && !resizes(operation.kind);
    if (left_out(operation.kind) && gives && giver) {
      const std::uint64_t size = operation.bytes().value_or(restriction.largest);
      operation.kind = *giver;
      operation.count = 1;
      operation.size = size;
    }
    if (operation.has_by() && left_out(operation.by) && giver) operation.by = *giver;
    resize(operation, restriction);
    operation = canonical(operation);
  }
  std::erase_if(trace.operations, [&](const Operation& operation) {
    return left_out(operation.kind) || own_left_out(operation) ||
           (operation.has_by() && left_out(operation.by));
  });
}

}  // namespace poolhammer
