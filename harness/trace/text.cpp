#include "harness/trace/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>

#include "harness/trace/format_error.hpp"
#include "harness/trace/limits.hpp"
#include "harness/trace/scan.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view header_expected = "the first line 'poolhammer trace 1'";

/// Reads the fields of one line, from the left.
class LineReader {
 public:
  LineReader(std::string_view line, std::size_t number)
      : rest_(line.substr(0, line.find('#'))), number_(number) {}

  /// The next field; empty at the end of the line.
  [[nodiscard]] std::string_view field() { return take_field(rest_); }

  /// The next field as a number of at most `most`.
  [[nodiscard]] std::uint64_t number(std::string_view meaning, std::uint64_t most) {
    const std::string_view found = field();
    const auto value = parse_number(found);
    const bool is_number = !found.empty() && found.find_first_not_of("0123456789") == std::string_view::npos;
    if (!value && !is_number) fail(meaning, found);
    if (!value || *value > most) fail(fmt::format("{} of at most {}", meaning, most), found);
    return *value;
  }

  void end() {
    if (const std::string_view found = field(); !found.empty()) fail("the end of the line", found);
  }

  [[noreturn]] void fail(std::string_view expected, std::string_view found) const {
    fail_at_line(number_, expected, found);
  }

 private:
  std::string_view rest_;
  std::size_t number_;
};

std::string words_expected(std::string_view what, std::span<const std::string_view> words) {
  return fmt::format("{} ({})", what, fmt::join(words, ", "));
}

OperationKind kind_named(std::string_view name, const LineReader& line) {
  const auto found = std::find(operation_words.begin(), operation_words.end(), name);
  if (found == operation_words.end()) line.fail(words_expected("an operation", operation_words), name);
  return static_cast<OperationKind>(std::distance(operation_words.begin(), found));
}

std::uint64_t choice_number(const Choices& choices, LineReader& line) {
  const std::string_view name = line.field();
  const auto found = std::find(choices.words.begin(), choices.words.end(), name);
  if (found == choices.words.end()) line.fail(words_expected(choices.meaning, choices.words), name);
  return static_cast<std::uint64_t>(std::distance(choices.words.begin(), found));
}

constexpr std::string_view size_meaning(OperationKind kind) {
  switch (kind) {
    case OperationKind::calloc:
      return "the size of an element";
    case OperationKind::fail_arenas:
    case OperationKind::fail_raw:
      return "a number of requests";
    default:
      return "a size";
  }
}

Operation parse_operation(std::string_view name, LineReader& line) {
  Operation operation;
  operation.kind = kind_named(name, line);
  if (operation.has_slot()) {
    operation.slot = static_cast<std::uint32_t>(line.number("a slot number", slot_limit - 1));
  }
  if (operation.has_count()) {
    operation.count = static_cast<std::uint32_t>(
        line.number("a number of elements", std::numeric_limits<std::uint32_t>::max()));
  }
  if (const Choices choices = choices_of(operation.kind); !choices.words.empty()) {
    operation.size = choice_number(choices, line);
  } else if (operation.has_size()) {
    operation.size = line.number(size_meaning(operation.kind), std::numeric_limits<std::uint64_t>::max());
  }
  line.end();
  return operation;
}

void parse_header(std::string_view first_word, LineReader& line) {
  if (first_word != "poolhammer") line.fail(header_expected, first_word);
  if (const std::string_view found = line.field(); found != "trace") line.fail(header_expected, found);
  const std::string_view version = line.field();
  if (parse_number(version) != text_version) line.fail(fmt::format("version {}", text_version), version);
  line.end();
}

LayoutId parse_layout(LineReader& line) {
  const std::string_view name = line.field();
  const auto layout = layout_named(name);
  if (!layout) line.fail(words_expected("a layout", layout_words), name);
  line.end();
  return *layout;
}

void append_text(const Operation& operation, fmt::memory_buffer& out) {
  const auto to = std::back_inserter(out);
  out.append(word(operation.kind));
  if (operation.has_slot()) fmt::format_to(to, " {}", operation.slot);
  if (operation.has_count()) fmt::format_to(to, " {}", operation.count);
  const std::span words = choices_of(operation.kind).words;
  if (operation.size < words.size()) {
    fmt::format_to(to, " {}", words[static_cast<std::size_t>(operation.size)]);
  } else if (operation.has_size()) {
    fmt::format_to(to, " {}", operation.size);
  }
}

}  // namespace

std::string to_text(const Operation& operation) {
  fmt::memory_buffer out;
  append_text(operation, out);
  return fmt::to_string(out);
}

std::string to_text(const Trace& trace) {
  fmt::memory_buffer out;
  fmt::format_to(std::back_inserter(out), "poolhammer trace {}\nlayout {}\n", text_version,
                 word(trace.layout));
  for (const Operation& operation : trace.operations) {
    append_text(operation, out);
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
      trace.operations.push_back(parse_operation(first_word, line));
    }
  }
  if (!seen_header) {
    throw FormatError(
        fmt::format("line {}: expected {}, found the end of the file", lines.number() + 1, header_expected));
  }
  return trace;
}

}  // namespace poolhammer
