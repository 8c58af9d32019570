#include "preload/settings.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace poolhammer::preload {
namespace {

[[noreturn]] void refuse(const char* variable, const char* value, const char* expected) noexcept {
  dprintf(STDERR_FILENO, "pymalloc: %s is '%s': expected %s\n", variable, value, expected);
  _exit(2);
}

/// The number that is all of a text.
[[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view value) noexcept {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto [behind, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc{} || behind != end) return std::nullopt;
  return number;
}

/// Null where the variable is unset or empty.
[[nodiscard]] const char* value_of(const char* variable) noexcept {
  const char* const value = std::getenv(variable);
  return value == nullptr || *value == '\0' ? nullptr : value;
}

}  // namespace

Settings read_settings() noexcept {
  Settings settings;
  if (const char* const value = value_of(check_variable); value != nullptr) {
    const auto number = number_of(value);
    if (!number) refuse(check_variable, value, "a number of operations, or 0 for no checks");
    settings.check_every = *number;
  }
  if (const char* const value = value_of(statistics_variable); value != nullptr) {
    const std::string_view text = value;
    if (text.starts_with('/') && text.size() < settings.statistics_file.size()) {
      text.copy(settings.statistics_file.data(), text.size());
    } else if (text == "1") {
      settings.statistics_to_stderr = true;
    } else if (text != "0") {
      refuse(statistics_variable, value, "1 for standard error, an absolute path to append to, or 0");
    }
  }
  if (settings.check_every != 0 || settings.statistics_to_stderr) settings.stderr_at_start.keep();
  return settings;
}

}  // namespace poolhammer::preload
