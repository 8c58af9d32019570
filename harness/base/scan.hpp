#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace poolhammer {

// What the readers of text share: lines, fields, numbers, and the wording of errors.

/// Walks over the lines of a text, front to back.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  /// Steps to the next line; false behind the last one. A text that ends in a newline has no empty line
  /// behind it.
  [[nodiscard]] bool next();

  /// The line, without its newline and a carriage return before that.
  [[nodiscard]] std::string_view line() const { return line_; }

  /// Its number, from 1.
  [[nodiscard]] std::size_t number() const { return number_; }

  /// Whether a newline ends it. The last line of a log whose writer was killed often lacks one, and its end.
  [[nodiscard]] bool terminated() const { return terminated_; }

 private:
  std::string_view rest_;
  std::string_view line_;
  std::size_t number_ = 0;
  bool terminated_ = false;
};

/// Takes the next field, delimited by blanks, off the front of `rest`; empty where there is none.
[[nodiscard]] std::string_view take_field(std::string_view& rest);

/// `text` without blanks at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// The whole of `text` as a number of 64 bits: decimal digits, or hexadecimal ones behind 0x. No sign.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

/// The whole of `text` as decimal digits.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);

/// The whole of `text` as hexadecimal digits, with 0x before them or without.
[[nodiscard]] std::optional<std::uint64_t> parse_hexadecimal(std::string_view text);

/// The whole of `text` as an address that printf's %p made: 0x..., or (nil), (null), nil, 0 for a null
/// pointer.
[[nodiscard]] std::optional<std::uint64_t> parse_address(std::string_view text);

/// `text` between quotes, fit for one line of a message: shortened, unprintable bytes escaped.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// `text` as one line that no terminal obeys: control characters are escaped, all else is as it was.
[[nodiscard]] std::string in_one_line(std::string_view text);

/// Throws FormatError "line N: expected EXPECTED, found 'FOUND'"; an empty `found` is the end of the line.
[[noreturn]] void fail_at_line(std::size_t line, std::string_view expected, std::string_view found);

}  // namespace poolhammer
