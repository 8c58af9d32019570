#pragma once

#include <string>
#include <string_view>

namespace poolhammer::library {

/// The first line that is worth reading of what a process wrote.
[[nodiscard]] inline std::string first_line(std::string_view output) {
  const std::string_view line = output.substr(0, output.find('\n'));
  std::string text;
  for (const char c : line.substr(0, 200)) text += c >= ' ' && c <= '~' ? c : '?';
  return text;
}

}  // namespace poolhammer::library
