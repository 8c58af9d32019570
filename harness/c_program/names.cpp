#include "harness/c_program/names.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstring>

namespace poolhammer::c {

std::string c_number(std::uint64_t value) {
  constexpr std::uint64_t near = 1U << 20U;
  constexpr std::uint64_t half = std::uint64_t{1} << 63U;
  if (value > ~near) return value == ~std::uint64_t{0} ? "SIZE_MAX" : fmt::format("SIZE_MAX - {}", ~value);
  if (value >= half) return fmt::format("(size_t)PTRDIFF_MAX + {}", value - half + 1);
  if (half - value < near)
    return value == half - 1 ? "PTRDIFF_MAX" : fmt::format("PTRDIFF_MAX - {}", half - 1 - value);
  return std::to_string(value);
}

std::string c_error(std::uint64_t value) {
  const char* const name = value == 0 ? nullptr : strerrorname_np(static_cast<int>(value));
  return name == nullptr ? std::to_string(value) : name;
}

std::string pointer_name(Function function) {
  std::string name = "do_";
  for (const char letter : facts(function).name) {
    if (letter == '[') name += "_array";
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0)
      name += letter;
    else if (letter != '[' && letter != ']' && letter != ')' && name.back() != '_')
      name += '_';
  }
  return name;
}

}  // namespace poolhammer::c
