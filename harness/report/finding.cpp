#include "harness/report/finding.hpp"

#include "harness/report/wording.hpp"

namespace poolhammer {
namespace {

void write_step(TextSink& out, const Finding& finding) {
  const std::string_view stage = finding.operation;
  if (stage == finding_at_drain) return write_step_after_all(out, finding.operation_index, "final drain");
  if (stage == finding_at_end || stage == finding_at_teardown)
    return write_step_after_all(out, finding.operation_index, stage);
  write_step(out, finding.operation_index, finding.operation);
}

}  // namespace

std::string to_string(const Finding& finding) {
  StringText out;
  write_heading(out, finding.oracle);
  write_step(out, finding);
  if (!finding.block.empty()) write_entry(out, "block:", finding.block);
  if (!finding.where.empty()) write_entry(out, "where:", finding.where);
  write_entry(out, "expected:", finding.expected);
  write_entry(out, "found:", finding.found);
  return out.text();
}

}  // namespace poolhammer
