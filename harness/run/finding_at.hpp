#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "harness/oracles/complaint.hpp"
#include "harness/report/finding.hpp"

namespace poolhammer {

/// What an oracle says of one step, as the finding of the run: Finding's `operation_index` and `operation`
/// name the step.
[[nodiscard]] inline Finding finding_at(std::size_t operation_index, std::string operation,
                                        Complaint complaint) {
  return {std::move(complaint.oracle),   operation_index,
          std::move(operation),          std::move(complaint.where),
          std::move(complaint.expected), std::move(complaint.found)};
}

}  // namespace poolhammer
