#include "harness/oracles/finding.hpp"

#include <fmt/format.h>

namespace poolhammer {
namespace {

[[nodiscard]] bool is_behind_the_last(std::string_view step) {
  return step == finding_at_end || step == finding_at_drain || step == finding_at_teardown;
}

}  // namespace

std::string to_string(const Finding& finding) {
  std::string text = fmt::format("FINDING: {}\n", finding.oracle);
  text += is_behind_the_last(finding.operation)
              ? fmt::format("  behind the last of {} operations: {}\n", finding.operation_index,
                            finding.operation)
              : fmt::format("  at operation {}: {}\n", finding.operation_index, finding.operation);
  if (!finding.where.empty()) text += fmt::format("  where:    {}\n", finding.where);
  return text + fmt::format("  expected: {}\n  found:    {}\n", finding.expected, finding.found);
}

}  // namespace poolhammer
