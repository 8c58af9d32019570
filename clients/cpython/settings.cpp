#include "clients/cpython/settings.hpp"

#include <optional>
#include <string_view>

#include "interpose/environment.hpp"

namespace poolhammer::cpython {
using interpose::value_of;
using interpose::whole_number;

std::variant<Settings, std::string> settings_from_environment() {
  Settings settings;
  if (const std::string_view text = value_of("PYMALLOC_CHECK"); !text.empty()) {
    const std::optional<std::uint64_t> number = whole_number(text);
    if (!number) return "PYMALLOC_CHECK: expected a number of operations, found '" + std::string(text) + "'";
    settings.check_every = *number;
  }
  if (const std::string_view text = value_of("PYMALLOC_STATS"); !text.empty() && text != "0") {
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
