#include "harness/trace/operation.hpp"

#include "harness/trace/function.hpp"

namespace poolhammer {
namespace {

constexpr std::array<std::string_view, operation_kinds - functions> act_words = {"fill",
                                                                                 "end_thread",
                                                                                 "set_errno",
                                                                                 "check",
                                                                                 "fail_arenas",
                                                                                 "fail_raw",
                                                                                 "place",
                                                                                 "domain",
                                                                                 "hook",
                                                                                 "fill_usable",
                                                                                 "fork",
                                                                                 "child_ends",
                                                                                 "limit_memory",
                                                                                 "exhaust",
                                                                                 "release",
                                                                                 "recycle",
                                                                                 "crowd",
                                                                                 "crowd_forks",
                                                                                 "set_handler",
                                                                                 "misuse",
                                                                                 "measure_resident",
                                                                                 "measure_gain",
                                                                                 "own",
                                                                                 "own_block",
                                                                                 "generations",
                                                                                 "set_throwing_handler",
                                                                                 "generations_hand_over",
                                                                                 "crowd_with_heirs"};

}  // namespace

bool callable(OperationKind act, OperationKind by) {
  if (!is_function(by)) return false;
  return act == OperationKind::misuse || (allocates(by) && !resizes(by) && !takes_count(by)) ||
         by == OperationKind::calloc;
}

std::string_view word(OperationKind kind) {
  return is_function(kind) ? facts(kind).name : act_words[static_cast<std::size_t>(kind) - functions];
}

Operation canonical(Operation operation) {
  if (!operation.has_slot()) operation.slot = 0;
  if (!operation.has_count()) operation.count = 0;
  if (!operation.has_size()) operation.size = 0;
  if (!operation.has_alignment()) operation.alignment = 0;
  operation.thread = operation.has_thread() ? operation.thread % thread_limit : std::uint8_t{0};
  const auto context = static_cast<std::uint8_t>(operation.context);
  operation.context = operation.has_context() ? static_cast<Context>(context % contexts) : Context::program;
  if (operation.context == Context::destructor && operation.thread == 0) operation.context = Context::program;
  operation.slot %= slot_limit;
  if (!operation.has_own()) operation.own = 0;
  const auto by = static_cast<OperationKind>(static_cast<std::size_t>(operation.by) % functions);
  operation.by = operation.has_by() && callable(operation.kind, by) ? by : OperationKind::malloc;
  if (operation.has_by() && !takes_alignment(operation.by)) operation.alignment = 0;
  if (const Choices choices = choices_of(operation.kind); !choices.words.empty())
    operation.size %= choices.words.size();
  return operation;
}

}  // namespace poolhammer
