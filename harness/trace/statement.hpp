#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/base/scan.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {

// How the lines of the text form are read.

/// Reads one line from the left, without its comment.
class LineReader {
 public:
  LineReader(std::string_view line, std::size_t number)
      : rest_(line.substr(0, line.find('#'))), number_(number) {}

  /// The next field, delimited by blanks; empty at the end of the line.
  [[nodiscard]] std::string_view field() { return take_field(rest_); }
  /// What is left, without blanks at both ends.
  [[nodiscard]] std::string_view rest() const { return trimmed(rest_); }

  /// Takes `text` off the front, behind blanks; false where something else stands there.
  [[nodiscard]] bool take(std::string_view text);
  /// Takes digits, or hexadecimal ones after 0x, as a number of at most `most`.
  [[nodiscard]] std::uint64_t digits(std::string_view meaning, std::uint64_t most);
  /// The next field, the whole of it, as a number of at most `most`.
  [[nodiscard]] std::uint64_t number(std::string_view meaning, std::uint64_t most);
  /// Takes `text`, or fails.
  void demand(std::string_view text);
  void end();

  /// Throws FormatError; `found` is what stands there.
  [[noreturn]] void fail(std::string_view expected, std::string_view found) const {
    fail_at_line(number_, expected, found);
  }
  /// As fail(), with the next characters up to a delimiter.
  [[noreturn]] void fail_here(std::string_view expected) const;

 private:
  [[nodiscard]] std::uint64_t checked(std::string_view meaning, std::string_view found,
                                      std::uint64_t most) const;

  std::string_view rest_;
  std::size_t number_;
};

/// "a layout (classic, tiny)".
[[nodiscard]] std::string words_expected(std::string_view what, std::span<const std::string_view> words);

/// The operation of a line: a statement like C's, or the words of version 1 ("malloc 0 24").
[[nodiscard]] Operation parse_statement(LineReader line);

/// The operation of a line in the words of version 1; `name` is the first of them.
[[nodiscard]] Operation parse_first_words(std::string_view name, LineReader& line);

}  // namespace poolhammer
