#include <fmt/format.h>

#include "harness/trace/statement.hpp"

namespace poolhammer {
namespace {

constexpr std::string_view delimiters = " \t\r\v\f(),=:;";

}  // namespace

bool LineReader::take(std::string_view text) {
  const std::string_view left = trimmed(rest_);
  if (!left.starts_with(text)) return false;
  rest_ = left.substr(text.size());
  return true;
}

std::uint64_t LineReader::checked(std::string_view meaning, std::string_view found,
                                  std::uint64_t most) const {
  const auto value = parse_number(found);
  const bool is_number = !found.empty() && found.find_first_not_of("0123456789") == std::string_view::npos;
  if (!value && !is_number) fail(meaning, found);
  if (!value || *value > most) fail(fmt::format("{} of at most {}", meaning, most), found);
  return *value;
}

std::uint64_t LineReader::digits(std::string_view meaning, std::uint64_t most) {
  const std::string_view left = trimmed(rest_);
  const std::string_view found = left.substr(0, left.find_first_of(delimiters));
  const std::uint64_t value = checked(meaning, found.empty() ? left.substr(0, 1) : found, most);
  rest_ = left.substr(found.size());
  return value;
}

std::uint64_t LineReader::number(std::string_view meaning, std::uint64_t most) {
  return checked(meaning, field(), most);
}

void LineReader::demand(std::string_view text) {
  if (!take(text)) fail_here(fmt::format("'{}'", text));
}

void LineReader::end() {
  if (const std::string_view found = rest(); !found.empty())
    fail("the end of the line", found.substr(0, found.find_first_of(" \t")));
}

void LineReader::fail_here(std::string_view expected) const {
  const std::string_view left = rest();
  const std::size_t length = left.find_first_of(delimiters);
  fail(expected, left.substr(0, length == 0 ? 1 : length));
}

std::string words_expected(std::string_view what, std::span<const std::string_view> words) {
  return fmt::format("{} ({})", what, fmt::join(words, ", "));
}

}  // namespace poolhammer
