#include "harness/run/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "harness/base/counted.hpp"
#include "harness/report/wording.hpp"
#include "harness/run/explanations.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::size_t text_width = 100;

/// The step before `end` that gave the slot of operation `end` its block, as far as the program tells.
[[nodiscard]] std::optional<std::size_t> giver(const Trace& trace, std::size_t end) {
  for (std::size_t i = end; i-- > 0;) {
    const Operation& operation = trace.operations[i];
    if (!operation.has_slot() || operation.slot != trace.operations[end].slot) continue;
    if (operation.kind == OperationKind::free) return std::nullopt;
    return i;
  }
  return std::nullopt;
}

[[nodiscard]] std::string bytes_of(const Operation& operation) {
  if (operation.kind == OperationKind::calloc)
    return fmt::format("{} times {}", operation.count, counted(operation.size, "byte"));
  return counted(operation.size, "byte");
}

[[nodiscard]] std::string told_block(const Trace& trace, std::size_t step) {
  const auto from = giver(trace, step);
  if (!from) return fmt::format("the null pointer (slot {} is empty)", trace.operations[step].slot);
  const Operation& given = trace.operations[*from];
  return fmt::format("the block of slot {}, {} by {} in operation {}", trace.operations[step].slot,
                     bytes_of(given), word(given.kind), *from);
}

[[nodiscard]] std::string told_operation(const Trace& trace, std::size_t step) {
  const Operation& operation = trace.operations[step];
  switch (operation.kind) {
    case OperationKind::malloc:
    case OperationKind::calloc:
      return fmt::format("asks {} for {} (slot {})", word(operation.kind), bytes_of(operation),
                         operation.slot);
    case OperationKind::realloc:
      return fmt::format("makes {} by realloc of {}", bytes_of(operation), told_block(trace, step));
    case OperationKind::free:
      return fmt::format("frees {}", told_block(trace, step));
    case OperationKind::check:
      return "looks at everything: what is wrong was done by a step before, which --check-every 1 finds";
    case OperationKind::fail_arenas:
    case OperationKind::fail_raw:
    case OperationKind::place:
      return fmt::format("tells the backing allocator: {}", word(operation.kind));
    default:
      return fmt::format("is {}", to_text(operation));
  }
}

/// One entry of a finding's text, broken into lines.
[[nodiscard]] std::string entry(std::string_view title, std::string_view text) {
  constexpr std::string_view indent = "            ";
  std::string lines;
  std::size_t width = 0;
  while (!text.empty()) {
    const std::string_view next = text.substr(0, text.find(' '));
    if (width != 0 && width + 1 + next.size() > text_width) {
      lines += fmt::format("\n{}", indent);
      width = 0;
    }
    if (width != 0) lines += ' ';
    width += (width != 0 ? 1 : 0) + next.size();
    lines += next;
    text.remove_prefix(std::min(next.size() + 1, text.size()));
  }
  return report_entry(title, lines);
}

}  // namespace

std::string told_step(const Finding& finding, const Trace& trace) {
  const std::size_t step = finding.operation_index;
  if (step < trace.operations.size())
    return fmt::format("operation {} {}", step, told_operation(trace, step));
  if (finding.operation == finding_at_end)
    return "seen by the last check, after all operations; --check-every 1 finds the guilty one";
  if (finding.operation == finding_at_teardown) return "seen when the heap was ended, after all operations";
  return "after all operations, in the final drain, which frees every block that is left, slot by slot";
}

std::string explain(const Finding& finding, const Trace& trace) {
  const std::string_view meaning = meaning_of(finding.oracle);
  return (meaning.empty() ? "" : entry("meaning:", meaning)) + entry("step:", told_step(finding, trace));
}

}  // namespace poolhammer
