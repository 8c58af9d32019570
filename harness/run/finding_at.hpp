#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "harness/oracles/complaint.hpp"
#include "harness/report/finding.hpp"
#include "harness/trace/lifetimes.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {

/// The step that gave the block of step `index`, as a finding shows it; or nothing.
[[nodiscard]] inline std::string block_of_step(const Trace& trace, std::size_t index,
                                               std::span<const OwnOperation> own = {}) {
  const auto giver = giver_of(trace.operations, index, own);
  return giver ? to_text(trace.operations[*giver], own) + ", operation " + std::to_string(*giver)
               : std::string();
}

/// What an oracle says of one step of `trace`, as the finding of the run: Finding's `operation_index` and
/// `operation` name the step. `own` are the operations that the allocator has besides.
[[nodiscard]] inline Finding finding_at(const Trace& trace, std::size_t operation_index,
                                        std::string operation, Complaint complaint,
                                        std::span<const OwnOperation> own = {}) {
  return {std::move(complaint.oracle),
          operation_index,
          std::move(operation),
          std::move(complaint.where),
          std::move(complaint.expected),
          std::move(complaint.found),
          block_of_step(trace, operation_index, own)};
}

}  // namespace poolhammer
