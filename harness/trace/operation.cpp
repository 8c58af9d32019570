#include "harness/trace/operation.hpp"

#include "harness/trace/function.hpp"

namespace poolhammer {
namespace {

constexpr std::array<std::string_view, operation_kinds - functions> act_words = {
    "fill", "end_thread", "set_errno", "check", "fail_arenas", "fail_raw", "place", "domain", "hook"};

}  // namespace

std::string_view word(OperationKind kind) {
  return is_function(kind) ? facts(kind).name : act_words[static_cast<std::size_t>(kind) - functions];
}

Operation canonical(Operation operation) {
  if (!operation.has_slot()) operation.slot = 0;
  if (!operation.has_count()) operation.count = 0;
  if (!operation.has_size()) operation.size = 0;
  if (!operation.has_alignment()) operation.alignment = 0;
  operation.thread = operation.has_thread() ? operation.thread % thread_limit : std::uint8_t{0};
  operation.slot %= slot_limit;
  if (const Choices choices = choices_of(operation.kind); !choices.words.empty())
    operation.size %= choices.words.size();
  return operation;
}

}  // namespace poolhammer
