#include "harness/trace/text.hpp"

#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "harness/trace/format_error.hpp"
#include "harness/trace/function.hpp"
#include "harness/trace/limits.hpp"
#include "harness/trace/statement.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view header_expected = "the first line 'poolhammer trace 2'";

void parse_header(std::string_view first_word, LineReader& line) {
  if (first_word != "poolhammer") line.fail(header_expected, first_word);
  if (const std::string_view found = line.field(); found != "trace") line.fail(header_expected, found);
  const std::string_view version = line.field();
  const auto number = parse_number(version);
  if (!number || *number == 0 || *number > text_version)
    line.fail(fmt::format("version {}", text_version), version);
  line.end();
}

LayoutId parse_layout(LineReader& line) {
  const std::string_view name = line.field();
  const auto layout = layout_named(name);
  if (!layout) line.fail(words_expected("a layout", layout_words), name);
  line.end();
  return *layout;
}

/// What stands between the brackets of a call.
std::string arguments(const Operation& operation) {
  const std::string slot = fmt::format("b{}", operation.slot);
  const auto count = [&] { return number_text(operation.count); };
  const auto size = [&] { return number_text(operation.size); };
  const auto alignment = [&] { return number_text(operation.alignment); };
  switch (facts(operation.kind).signature) {
    case Signature::size:
      return size();
    case Signature::count_size:
      return fmt::format("{}, {}", count(), size());
    case Signature::alignment_size:
      return fmt::format("{}, {}", alignment(), size());
    case Signature::out_alignment_size:
      return fmt::format("&{}, {}, {}", slot, alignment(), size());
    case Signature::size_alignment:
      return fmt::format("{}, {}", size(), alignment());
    case Signature::block_count_size:
      return fmt::format("{}, {}, {}", slot, count(), size());
    case Signature::block_size:
      return resizes(operation.kind) ? fmt::format("{}, {}", slot, size()) : slot;
    default:
      return slot;
  }
}

std::string act_text(const Operation& operation) {
  const std::string_view name = word(operation.kind);
  if (operation.kind == OperationKind::set_errno)
    return fmt::format("errno = {}", errno_text(operation.size));
  if (operation.has_slot()) return fmt::format("{}(b{})", name, operation.slot);
  const std::span words = choices_of(operation.kind).words;
  if (operation.size < words.size())
    return fmt::format("{}({})", name, words[static_cast<std::size_t>(operation.size)]);
  return operation.has_size() ? fmt::format("{}({})", name, operation.size) : fmt::format("{}()", name);
}

std::string call_text(const Operation& operation) {
  const bool assigns = allocates(operation.kind) && operation.kind != OperationKind::posix_memalign;
  return fmt::format("{}{}({})", assigns ? fmt::format("b{} = ", operation.slot) : "", word(operation.kind),
                     arguments(operation));
}

}  // namespace

std::string number_text(std::uint64_t number) {
  constexpr std::uint64_t near = 1U << 20U;
  constexpr std::uint64_t most = ~std::uint64_t{0};
  constexpr std::uint64_t largest_object = most >> 1U;
  if (number > most - near) return number == most ? "SIZE_MAX" : fmt::format("SIZE_MAX - {}", most - number);
  if (number > largest_object && number - largest_object < near)
    return fmt::format("PTRDIFF_MAX + {}", number - largest_object);
  if (number <= largest_object && largest_object - number < near)
    return number == largest_object ? "PTRDIFF_MAX"
                                    : fmt::format("PTRDIFF_MAX - {}", largest_object - number);
  return fmt::format("{}", number);
}

std::string errno_text(std::uint64_t error) {
  const char* const name = error == 0 || error > 4096 ? nullptr : strerrorname_np(static_cast<int>(error));
  return name == nullptr ? fmt::format("{}", error) : name;
}

std::string to_text(const Operation& operation) {
  const std::string text = is_function(operation.kind) ? call_text(operation) : act_text(operation);
  return operation.thread == 0 ? text : fmt::format("thread {}: {}", operation.thread, text);
}

std::string to_text(const Trace& trace) {
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "poolhammer trace {}\nlayout {}\n", text_version,
                 word(trace.layout));
  for (const Operation& operation : trace.operations) {
    out.append(to_text(operation));
    out.push_back('\n');
  }
  return fmt::to_string(out);
}

Trace parse_text(std::string_view text) {
  Trace trace;
  bool seen_header = false;
  bool seen_layout = false;
  Lines lines(text);
  while (lines.next()) {
    LineReader line(lines.line(), lines.number());
    const LineReader whole = line;
    const std::string_view first_word = line.field();
    if (first_word.empty()) continue;
    if (!seen_header) {
      parse_header(first_word, line);
      seen_header = true;
    } else if (first_word == "layout" && !seen_layout && trace.operations.empty()) {
      trace.layout = parse_layout(line);
      seen_layout = true;
    } else if (first_word == "layout") {
      line.fail("an operation, as the layout stands once, before the first operation", first_word);
    } else {
      if (trace.operations.size() == max_operations) {
        line.fail(fmt::format("at most {} operations", max_operations), first_word);
      }
      trace.operations.push_back(parse_statement(whole));
    }
  }
  if (!seen_header) {
    throw FormatError(
        fmt::format("line {}: expected {}, found the end of the file", lines.number() + 1, header_expected));
  }
  return trace;
}

}  // namespace poolhammer
