#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace poolhammer {

/// A number and what it counts: "1 byte", "2 bytes". The noun has its plural in s.
template <std::integral Number>
[[nodiscard]] std::string counted(Number number, std::string_view noun) {
  std::string text = std::to_string(number);
  text += ' ';
  text += noun;
  if (number != 1) text += 's';
  return text;
}

}  // namespace poolhammer
