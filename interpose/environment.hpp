#pragma once

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>

namespace poolhammer::interpose {

/// What a variable of the environment is set to, which may be empty. It ends in a zero byte, and stays as
/// long as nobody changes the environment. Allocates nothing.
[[nodiscard]] inline std::optional<std::string_view> variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string_view>(value);
}

/// The same, where unset and empty mean no.
[[nodiscard]] inline std::string_view value_of(const char* name) noexcept {
  return variable(name).value_or("");
}

/// The number that is all of a text, in decimal digits.
[[nodiscard]] inline std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || parsed != end) return std::nullopt;
  return number;
}

}  // namespace poolhammer::interpose
