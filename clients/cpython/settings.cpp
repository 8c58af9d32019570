#include "clients/cpython/settings.hpp"

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace poolhammer::cpython {
namespace {

[[nodiscard]] std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::variant<Settings, std::string> settings_from_environment() {
  Settings settings;
  if (const std::string_view text = variable("PYMALLOC_CHECK"); !text.empty()) {
    const std::optional<std::uint64_t> number = whole_number(text);
    if (!number) return "PYMALLOC_CHECK: expected a number of operations, found '" + std::string(text) + "'";
    settings.check_every = *number;
  }
  if (const std::string_view text = variable("PYMALLOC_STATS"); !text.empty() && text != "0") {
    settings.print_totals = text == "1";
    if (text.front() == '/') {
      settings.totals_file = text;
    } else if (!settings.print_totals) {
      return "PYMALLOC_STATS: expected 1 or an absolute path, found '" + std::string(text) + "'";
    }
  }
  return settings;
}

}  // namespace poolhammer::cpython
