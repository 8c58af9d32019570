#include <fmt/format.h>

#include <optional>

#include "harness/base/format_error.hpp"
#include "harness/base/scan.hpp"
#include "harness/trace/import_builder.hpp"
#include "harness/trace/importer.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view call_expected =
    "a call ('@ CALLER + ADDRESS SIZE', or with -, <, > or ! for the +)";

// One line of the log: a mark, an address, and a size behind +, > and !.
struct Call {
  char mark = ' ';
  std::uint64_t block = 0;
  std::uint64_t size = 0;
};

// Takes the last field off the back of `rest`.
std::string_view take_last_field(std::string_view& rest) {
  rest = trimmed(rest);
  const std::size_t blank = rest.find_last_of(" \t");
  const std::size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view field = rest.substr(begin);
  rest = rest.substr(0, begin);
  return field;
}

bool is_mark(std::string_view field, std::string_view marks) {
  return field.size() == 1 && marks.find(field[0]) != std::string_view::npos;
}

// Read from the back, because the caller in front may be a path with blanks in it.
std::optional<Call> parse_call(std::string_view line) {
  std::string_view rest = line;
  const std::string_view last = take_last_field(rest);
  const std::string_view before = take_last_field(rest);
  if (is_mark(before, "-<")) {
    const auto block = parse_address(last);
    if (!block) return std::nullopt;
    return Call{before[0], *block, 0};
  }
  const std::string_view mark = take_last_field(rest);
  if (!is_mark(mark, "+>!")) return std::nullopt;
  const auto block = parse_address(before);
  const auto size = parse_hexadecimal(last);
  if (!block || !size) return std::nullopt;
  return Call{mark[0], *block, *size};
}

class MtraceReader {
 public:
  explicit MtraceReader(std::string_view text) : lines_(text) {}

  [[nodiscard]] Imported read() {
    if (!lines_.next() || !is_start()) {
      fail_at_line(1, "'= Start', with which a log of mtrace begins", lines_.line());
    }
    while (lines_.next()) read_line();
    if (moved_from_) builder_.incomplete_call();
    return builder_.finish();
  }

 private:
  [[nodiscard]] bool is_start() const { return trimmed(lines_.line()) == "= Start"; }

  void read_line() {
    const std::string_view line = trimmed(lines_.line());
    if (line.empty() || line == "= End") return;
    if (is_start()) fail_at_line(lines_.number(), "the log of one process, not a second '= Start'", line);
    const auto call = parse_call(line);
    if (call) {
      builder_.at_line(lines_.number());
      replay(*call, line);
    } else if (lines_.terminated()) {
      fail_at_line(lines_.number(), call_expected, line);
    } else if (!moved_from_) {
      builder_.incomplete_call();
    }
  }

  // A realloc takes two lines, '<' with the old block and '>' with the new one.
  void replay(const Call& call, std::string_view line) {
    if (moved_from_.has_value() != (call.mark == '>')) {
      fail_at_line(lines_.number(), moved_from_ ? "'>' behind the '<' of a realloc" : "'<' before '>'", line);
    }
    switch (call.mark) {
      case '+':
        return builder_.malloc(call.block, call.size);
      case '-':
        return builder_.free(call.block);
      case '<':
        moved_from_ = call.block;
        return;
      case '>':
        builder_.realloc(*moved_from_, call.block, call.size);
        moved_from_.reset();
        return;
      default:
        return builder_.realloc(call.block, 0, call.size);
    }
  }

  Lines lines_;
  ImportBuilder builder_;
  std::optional<std::uint64_t> moved_from_;  // by a '<' whose '>' has not come yet
};

bool begins_like_mtrace(std::string_view head) {
  Lines lines(head);
  return lines.next() && trimmed(lines.line()) == "= Start";
}

/// Logs of glibc's mtrace().
const ImporterRegistration registration({
    .word = "mtrace",
    .meaning = "glibc's mtrace",
    .recognises = &begins_like_mtrace,
    .parse = [](std::string_view text) { return MtraceReader(text).read(); },

});

}  // namespace

}  // namespace poolhammer
