#include "harness/process/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace poolhammer {
namespace {

[[nodiscard]] std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

[[nodiscard]] bool is_neutral(std::string_view variable) {
  return !variable.starts_with("LD_") && name_of(variable) != "ASAN_OPTIONS";
}

}  // namespace

std::vector<std::string> child_environment(Inherited inherited, const std::vector<std::string>& variables) {
  std::vector<std::string> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const bool replaced = std::any_of(variables.begin(), variables.end(), [variable](const auto& other) {
      return name_of(other) == name_of(variable);
    });
    if (!replaced && (inherited == Inherited::all || is_neutral(variable))) result.emplace_back(variable);
  }
  result.insert(result.end(), variables.begin(), variables.end());
  return result;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace poolhammer
