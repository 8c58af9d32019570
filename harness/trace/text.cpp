#include "harness/trace/text.hpp"

#include <fmt/format.h>

#include <cstring>
#include <span>
#include <utility>

#include "harness/base/format_error.hpp"
#include "harness/trace/function.hpp"
#include "harness/trace/limits.hpp"
#include "harness/trace/machine.hpp"
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
void write_arguments(TextSink& out, const Operation& operation) {
  const auto slot = [&]() -> TextSink& { return out << "b" << std::uint64_t{operation.slot}; };
  switch (facts(operation.kind).signature) {
    case Signature::size:
      return write_number(out, operation.size);
    case Signature::count_size:
      write_number(out, operation.count);
      break;
    case Signature::alignment_size:
      write_number(out, operation.alignment);
      break;
    case Signature::out_alignment_size:
      out << "&";
      slot() << ", ";
      write_number(out, operation.alignment);
      break;
    case Signature::size_alignment:
      write_number(out, operation.size);
      out << ", ";
      return write_number(out, operation.alignment);
    case Signature::block_count_size:
      slot() << ", ";
      write_number(out, operation.count);
      break;
    default:
      slot();
      if (!resizes(operation.kind)) return;
      break;
  }
  out << ", ";
  write_number(out, operation.size);
}

void write_act(TextSink& out, const Operation& operation) {
  if (operation.kind == OperationKind::set_errno) {
    out << "errno = ";
    return write_errno(out, operation.size);
  }
  out << word(operation.kind) << "(";
  std::string_view before;
  const auto next = [&]() -> TextSink& { return out << std::exchange(before, ", "); };
  if (operation.has_by()) next() << word(operation.by);
  if (operation.has_own()) next() << std::uint64_t{operation.own};
  if (operation.has_slot()) next() << "b" << std::uint64_t{operation.slot};
  if (operation.has_count()) write_number(next(), operation.count);
  if (const std::span words = choices_of(operation.kind).words; operation.size < words.size())
    next() << words[static_cast<std::size_t>(operation.size)];
  else if (operation.has_size())
    write_number(next(), operation.size);
  if (operation.has_alignment()) write_number(next(), operation.alignment);
  out << ")";
}

}  // namespace

void write_number(TextSink& out, std::uint64_t number) {
  constexpr std::uint64_t near = named_within;
  constexpr std::uint64_t most = largest_number;
  constexpr std::uint64_t largest_object = most >> 1U;
  const auto write = [&out](std::string_view name, std::string_view sign, std::uint64_t distance) {
    out << name;
    if (distance != 0) out << sign << distance;
  };
  if (number > most - near) return write("SIZE_MAX", " - ", most - number);
  if (number > largest_object && number - largest_object < near)
    return write("PTRDIFF_MAX", " + ", number - largest_object);
  if (number <= largest_object && largest_object - number < near)
    return write("PTRDIFF_MAX", " - ", largest_object - number);
  out << number;
}

void write_errno(TextSink& out, std::uint64_t error) {
  const char* const name = error == 0 || error > 4096 ? nullptr : strerrorname_np(static_cast<int>(error));
  if (name == nullptr)
    out << error;
  else
    out << name;
}

void write_statement(TextSink& out, const Operation& operation) {
  if (operation.thread != 0) out << "thread " << std::uint64_t{operation.thread} << ": ";
  if (operation.context != Context::program)
    out << context_words[static_cast<std::size_t>(operation.context)] << ": ";
  if (!is_function(operation.kind)) return write_act(out, operation);
  if (allocates(operation.kind) && operation.kind != OperationKind::posix_memalign)
    out << "b" << std::uint64_t{operation.slot} << " = ";
  out << word(operation.kind) << "(";
  write_arguments(out, operation);
  out << ")";
}

void write_statement(TextSink& out, const Operation& operation, std::span<const OwnOperation> own) {
  if (const OwnOperation* const declaration = declared(operation, own))
    return write_call(out, operation, *declaration);
  write_statement(out, operation);
}

std::string number_text(std::uint64_t number) {
  StringText out;
  write_number(out, number);
  return out.text();
}

std::string errno_text(std::uint64_t error) {
  StringText out;
  write_errno(out, error);
  return out.text();
}

std::string to_text(const Operation& operation) {
  StringText out;
  write_statement(out, operation);
  return out.text();
}

std::string to_text(const Operation& operation, std::span<const OwnOperation> own) {
  StringText out;
  write_statement(out, operation, own);
  return out.text();
}

std::string to_text(const Trace& trace) {
  return to_text(trace, {});
}

std::string to_text(const Trace& trace, std::span<const OwnOperation> own) {
  StringText out;
  out << "poolhammer trace " << std::uint64_t{text_version} << "\nlayout " << word(trace.layout) << "\n";
  for (const Operation& operation : trace.operations) {
    write_statement(out, operation);
    if (const OwnOperation* const declaration = declared(operation, own))
      write_call(out << "  # ", operation, *declaration);
    out << "\n";
  }
  return out.text();
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
