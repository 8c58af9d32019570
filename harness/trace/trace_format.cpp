#include "harness/trace/trace_format.hpp"

#include <algorithm>
#include <string>

#include "harness/trace/binary.hpp"
#include "harness/trace/scan.hpp"

namespace poolhammer {
namespace {

bool begins_like_binary(std::string_view head) {
  return head.starts_with(std::string_view(binary_magic.data(), binary_magic.size()));
}

bool begins_like_text(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    std::string_view rest = lines.line().substr(0, lines.line().find('#'));
    const std::string_view field = take_field(rest);
    if (!field.empty()) return field == "poolhammer";
  }
  return false;
}

bool begins_like_mtrace(std::string_view head) {
  Lines lines(head);
  return lines.next() && trimmed(lines.line()) == "= Start";
}

// Four lines of one number each, then a request.
bool begins_like_rep(std::string_view head) {
  Lines lines(head);
  for (int numbers = 0; lines.next();) {
    std::string_view rest = lines.line();
    const std::string_view field = take_field(rest);
    if (field.empty()) continue;
    if (numbers == 4) return field == "a" || field == "r" || field == "f";
    if (!parse_decimal(field) || !trimmed(rest).empty()) return false;
    ++numbers;
  }
  return false;
}

// A process, perhaps a thread, then FUNCTION(.
bool begins_like_logalloc(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    std::string_view rest = lines.line();
    std::string_view field = take_field(rest);
    if (field.empty()) continue;
    if (!parse_decimal(field)) return false;
    field = take_field(rest);
    if (parse_decimal(field)) field = take_field(rest);
    const std::size_t name_end = field.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
    return name_end != 0 && name_end != std::string_view::npos && field[name_end] == '(';
  }
  return false;
}

// A line that begins with ==PID== or --PID--.
bool looks_like_valgrind(std::string_view head) {
  Lines lines(head);
  while (lines.next()) {
    const std::string_view line = lines.line();
    for (const std::string_view mark : {"==", "--"}) {
      if (!line.starts_with(mark)) continue;
      const std::size_t end = line.find(mark, mark.size());
      if (end != std::string_view::npos && parse_decimal(line.substr(mark.size(), end - mark.size())))
        return true;
    }
  }
  return false;
}

}  // namespace

std::optional<TraceFormat> detect_format(std::string_view head) {
  if (begins_like_binary(head)) return TraceFormat::binary;
  if (begins_like_text(head)) return TraceFormat::text;
  if (begins_like_mtrace(head)) return TraceFormat::mtrace;
  if (begins_like_rep(head)) return TraceFormat::rep;
  if (begins_like_logalloc(head)) return TraceFormat::logalloc;
  if (looks_like_valgrind(head)) return TraceFormat::valgrind;
  return std::nullopt;
}

}  // namespace poolhammer
