#include "harness/oracles/finding.hpp"

#include <fmt/format.h>

namespace poolhammer {

std::string to_string(const Finding& finding) {
  std::string text = fmt::format("FINDING: {}\n  at operation {}: {}\n", finding.oracle,
                                 finding.operation_index, finding.operation);
  if (!finding.where.empty()) text += fmt::format("  where:    {}\n", finding.where);
  return text + fmt::format("  expected: {}\n  found:    {}\n", finding.expected, finding.found);
}

}  // namespace poolhammer
