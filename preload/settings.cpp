#include "preload/settings.hpp"

#include <unistd.h>

#include <cstdio>
#include <string_view>

#include "interpose/environment.hpp"

namespace poolhammer::preload {
namespace {

[[noreturn]] void refuse(const char* variable, std::string_view value, const char* expected) noexcept {
  dprintf(STDERR_FILENO, "pymalloc: %s is '%s': expected %s\n", variable, value.data(), expected);
  _exit(2);
}

}  // namespace

Settings read_settings() noexcept {
  Settings settings;
  if (const std::string_view value = interpose::value_of(check_variable); !value.empty()) {
    const auto number = interpose::whole_number(value);
    if (!number) refuse(check_variable, value, "a number of operations, or 0 for no checks");
    settings.check_every = *number;
  }
  if (const std::string_view text = interpose::value_of(statistics_variable); !text.empty()) {
    if (text.starts_with('/') && text.size() < settings.statistics_file.size()) {
      text.copy(settings.statistics_file.data(), text.size());
    } else if (text == "1") {
      settings.statistics_to_stderr = true;
    } else if (text != "0") {
      refuse(statistics_variable, text, "1 for standard error, an absolute path to append to, or 0");
    }
  }
  if (settings.check_every != 0 || settings.statistics_to_stderr) settings.stderr_at_start.keep();
  return settings;
}

}  // namespace poolhammer::preload
