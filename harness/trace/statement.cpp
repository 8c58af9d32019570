#include "harness/trace/statement.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "harness/trace/function.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

/// Every kind, those with longer names first: one name begins with another.
const std::vector<OperationKind>& kinds_by_length() {
  static const std::vector<OperationKind> kinds = [] {
    std::vector<OperationKind> all;
    for (std::uint8_t kind = 0; kind < operation_kinds; ++kind)
      all.push_back(static_cast<OperationKind>(kind));
    std::stable_sort(all.begin(), all.end(), [](OperationKind left, OperationKind right) {
      return word(left).size() > word(right).size();
    });
    return all;
  }();
  return kinds;
}

/// Takes a name, whose words may have more blanks between them.
[[nodiscard]] bool take_name(LineReader& line, std::string_view name) {
  while (!name.empty()) {
    const std::size_t end = name.find(' ');
    if (!line.take(name.substr(0, end))) return false;
    name = end == std::string_view::npos ? std::string_view() : name.substr(end + 1);
  }
  return true;
}

/// The kind whose name and opening bracket stand next.
OperationKind take_kind(LineReader& line) {
  for (const OperationKind kind : kinds_by_length()) {
    LineReader ahead = line;
    if (!take_name(ahead, word(kind)) || !ahead.take("(")) continue;
    line = ahead;
    return kind;
  }
  line.fail_here("an operation, such as b0 = malloc(24) or free(b0)");
}

std::uint32_t take_slot(LineReader& line) {
  if (!line.take("b")) line.fail_here("a block, such as b0");
  return static_cast<std::uint32_t>(line.digits("a slot number", slot_limit - 1));
}

/// A number, also one that is named by what it is near to.
std::uint64_t take_number(LineReader& line, std::string_view meaning) {
  constexpr std::uint64_t largest_object = any >> 1U;
  std::uint64_t base = 0;
  if (line.take("SIZE_MAX"))
    base = any;
  else if (line.take("PTRDIFF_MAX"))
    base = largest_object;
  else
    return line.digits(meaning, any);
  if (line.take("-")) return base - line.digits(meaning, base);
  if (line.take("+")) return base + line.digits(meaning, any - base);
  return base;
}

std::uint64_t take_choice(LineReader& line, const Choices& choices) {
  std::vector<std::string_view> words(choices.words.begin(), choices.words.end());
  for (std::size_t i = 0; i < words.size(); ++i) {
    LineReader ahead = line;
    if (!ahead.take(words[i]) || !ahead.rest().starts_with(')')) continue;
    line = ahead;
    return i;
  }
  line.fail_here(words_expected(choices.meaning, choices.words));
}

/// "errno = ENOMEM".
Operation take_errno(LineReader& line) {
  constexpr std::uint64_t most = 4096;
  Operation operation{OperationKind::set_errno};
  const std::string_view name = line.rest();
  for (std::uint64_t error = 1; error < most; ++error) {
    if (errno_text(error) != name || name.empty() || name.front() != 'E') continue;
    operation.size = error;
    return operation;
  }
  operation.size = line.number("an errno, such as ENOMEM", any);
  line.end();
  return operation;
}

/// The slot stands before the call, in it, or both; they must agree.
void take_block(LineReader& line, Operation& operation, bool assigned) {
  const LineReader before = line;
  const std::uint32_t slot = take_slot(line);
  if (assigned && slot != operation.slot)
    before.fail_here(fmt::format("b{}, as its block is resized into its own slot", operation.slot));
  operation.slot = slot;
}

/// The function that an act of the client calls.
OperationKind take_function(LineReader& line, OperationKind act) {
  for (const OperationKind kind : kinds_by_length()) {
    LineReader ahead = line;
    if (!callable(act, kind) || !take_name(ahead, word(kind)) || !ahead.rest().starts_with(',')) continue;
    line = ahead;
    return kind;
  }
  line.fail_here("a function that it may call, such as malloc");
}

[[nodiscard]] std::string_view size_meaning(const Operation& act) {
  if (act.has_own()) return "a number";
  return act.has_count() ? "a size" : "a number of requests";
}

void take_act_arguments(LineReader& line, Operation& operation) {
  bool first = true;
  const auto next = [&] {
    if (!std::exchange(first, false)) line.demand(",");
  };
  if (operation.has_by()) next(), operation.by = take_function(line, operation.kind);
  constexpr std::uint64_t last_own = std::numeric_limits<std::uint8_t>::max();
  if (operation.has_own())
    next(), operation.own = static_cast<std::uint8_t>(line.digits("the number of an operation", last_own));
  if (operation.has_slot()) next(), take_block(line, operation, false);
  if (operation.has_count()) next(), operation.count = take_number(line, "a number");
  if (const Choices choices = choices_of(operation.kind); !choices.words.empty())
    next(), operation.size = take_choice(line, choices);
  else if (operation.has_size())
    next(), operation.size = take_number(line, size_meaning(operation));
  if (operation.has_alignment())
    next(), operation.alignment = take_number(line, operation.has_own() ? "a number" : "an alignment");
  if (operation.has_by() && !takes_alignment(operation.by) && operation.alignment != 0)
    line.fail_here(fmt::format("the alignment 0, as {} takes none", word(operation.by)));
}

void take_arguments(LineReader& line, Operation& operation, bool assigned) {
  const auto comma = [&line] { line.demand(","); };
  if (!is_function(operation.kind)) return take_act_arguments(line, operation);
  switch (facts(operation.kind).signature) {
    case Signature::size:
      operation.size = take_number(line, "a size");
      return;
    case Signature::count_size:
      operation.count = take_number(line, "a number of elements");
      comma();
      operation.size = take_number(line, "the size of an element");
      return;
    case Signature::alignment_size:
      operation.alignment = take_number(line, "an alignment");
      comma();
      operation.size = take_number(line, "a size");
      return;
    case Signature::out_alignment_size:
      line.demand("&");
      take_block(line, operation, assigned);
      comma();
      operation.alignment = take_number(line, "an alignment");
      comma();
      operation.size = take_number(line, "a size");
      return;
    case Signature::size_alignment:
      operation.size = take_number(line, "a size");
      comma();
      operation.alignment = take_number(line, "an alignment");
      return;
    case Signature::block_count_size:
      take_block(line, operation, assigned);
      comma();
      operation.count = take_number(line, "a number of elements");
      comma();
      operation.size = take_number(line, "the size of an element");
      return;
    default:
      break;
  }
  take_block(line, operation, assigned);
  if (!resizes(operation.kind)) return;
  comma();
  operation.size = take_number(line, "a size");
}

[[nodiscard]] bool must_be_assigned(OperationKind kind) {
  return allocates(kind) && kind != OperationKind::posix_memalign;
}

Operation take_call(LineReader& line) {
  const LineReader start = line;
  Operation operation;
  LineReader ahead = line;
  bool assigned = false;
  if (ahead.take("b") && !ahead.rest().empty() && ahead.rest().front() >= '0' &&
      ahead.rest().front() <= '9') {
    operation.slot = take_slot(line);
    line.demand("=");
    assigned = true;
  }
  operation.kind = take_kind(line);
  if (assigned != must_be_assigned(operation.kind))
    start.fail_here(assigned ? "a function that returns a block after ="
                             : fmt::format("the block of {}, such as b0 = {}(...)", word(operation.kind),
                                           word(operation.kind)));
  take_arguments(line, operation, assigned);
  line.demand(")");
  (void)line.take(";");
  line.end();
  return operation;
}

/// What a step begins with that is not made from the program itself.
Context take_context(LineReader& line) {
  for (std::uint8_t context = contexts; context-- > 1;) {
    LineReader ahead = line;
    if (!take_name(ahead, context_words[context]) || !ahead.take(":")) continue;
    line = ahead;
    return static_cast<Context>(context);
  }
  return Context::program;
}

}  // namespace

Operation parse_statement(LineReader line) {
  if (line.rest().find_first_of("(=:") == std::string_view::npos) {
    const std::string_view name = line.field();
    return parse_first_words(name, line);
  }
  std::uint8_t thread = 0;
  const LineReader start = line;
  if (line.take("thread")) {
    thread = static_cast<std::uint8_t>(line.digits("a thread number", thread_limit - 1U));
    line.demand(":");
  }
  const Context context = take_context(line);
  LineReader ahead = line;
  Operation operation;
  if (ahead.take("errno") && ahead.take("="))
    operation = take_errno(ahead);
  else
    operation = take_call(line);
  if (thread != 0 && !operation.has_thread())
    start.fail_here(fmt::format("{} without a thread, as it has none", word(operation.kind)));
  if (context != Context::program && !operation.has_context())
    start.fail_here(fmt::format("{} without a {}, as none may call it", word(operation.kind),
                                context == Context::destructor ? "destructor" : "signal handler"));
  if (context == Context::destructor && thread == 0)
    start.fail_here("a destructor of a thread, such as 'thread 1: destructor:': the first does not end");
  operation.thread = thread;
  operation.context = context;
  return operation;
}

}  // namespace poolhammer
