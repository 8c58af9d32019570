#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace poolhammer {

/// The noun as it stands after the number: it has its plural in s.
template <std::integral Number>
[[nodiscard]] std::string noun_after(Number number, std::string_view noun) {
  return std::string(noun) + (number == 1 ? "" : "s");
}

/// A number and what it counts: "1 byte", "2 bytes".
template <std::integral Number>
[[nodiscard]] std::string counted(Number number, std::string_view noun) {
  return std::to_string(number) + ' ' + noun_after(number, noun);
}

}  // namespace poolhammer
