#include "harness/c_program/names.hpp"

#include <fmt/format.h>

#include <cctype>
#include <cstring>

#include "harness/trace/machine.hpp"

namespace poolhammer::c {

std::string c_number(std::uint64_t value) {
  constexpr std::uint64_t near = named_within;
  constexpr std::uint64_t most = largest_size;
  constexpr std::uint64_t half = most / 2 + 1;
  if constexpr (most < largest_number) {
    if (value > most) return fmt::format("{}ULL", value);
  }
  if (value > most - near) return value == most ? "SIZE_MAX" : fmt::format("SIZE_MAX - {}", most - value);
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
