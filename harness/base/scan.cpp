#include "harness/base/scan.hpp"

#include <fmt/format.h>

#include <charconv>

#include "harness/base/counted.hpp"
#include "harness/base/format_error.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view blanks = " \t\r\v\f";

std::optional<std::uint64_t> parse_base(std::string_view text, int base) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool has_hexadecimal_prefix(std::string_view text) {
  return text.starts_with("0x") || text.starts_with("0X");
}

}  // namespace

bool Lines::next() {
  if (rest_.empty()) return false;
  const std::size_t end = rest_.find('\n');
  terminated_ = end != std::string_view::npos;
  line_ = rest_.substr(0, end);
  rest_.remove_prefix(terminated_ ? end + 1 : rest_.size());
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  ++number_;
  return true;
}

std::string_view take_field(std::string_view& rest) {
  const std::size_t begin = rest.find_first_not_of(blanks);
  if (begin == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(begin);
  const std::size_t end = rest.find_first_of(blanks);
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(field.size());
  return field;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  return parse_base(text, 10);
}

std::optional<std::uint64_t> parse_hexadecimal(std::string_view text) {
  return parse_base(has_hexadecimal_prefix(text) ? text.substr(2) : text, 16);
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  return has_hexadecimal_prefix(text) ? parse_hexadecimal(text) : parse_decimal(text);
}

std::optional<std::uint64_t> parse_address(std::string_view text) {
  if (text == "(nil)" || text == "(null)" || text == "nil" || text == "0") return 0;
  if (!has_hexadecimal_prefix(text)) return std::nullopt;
  return parse_hexadecimal(text);
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string out = "'";
  for (const char c : text.substr(0, longest)) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  out += "'";
  if (text.size() > longest) out += fmt::format("... ({})", counted(text.size(), "byte"));
  return out;
}

std::string in_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool control = (c >= '\0' && c < ' ') || c == '\x7f';
    out += control ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

void fail_at_line(std::size_t line, std::string_view expected, std::string_view found) {
  throw FormatError(fmt::format("line {}: expected {}, found {}", line, expected,
                                found.empty() ? "the end of the line" : in_quotes(found)));
}

}  // namespace poolhammer
