#include "harness/process/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace poolhammer {
namespace {

[[nodiscard]] std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

[[nodiscard]] bool is_neutral(std::string_view variable) {
  return !variable.starts_with("LD_") && name_of(variable) != "ASAN_OPTIONS";
}

/// LD_PRELOAD is parted at these, and at colons.
constexpr std::string_view blanks = " \t\n";

/// "NAME=LIST:BEFORE", where BEFORE is what this process has of it.
[[nodiscard]] std::string list_variable(const char* name, std::string list, Inherited inherited) {
  const char* const before = inherited == Inherited::all ? std::getenv(name) : nullptr;
  if (before != nullptr && *before != '\0') list.append(":").append(before);
  return std::string(name).append("=").append(list);
}

}  // namespace

bool can_be_preloaded(std::string_view file) {
  return file.find(':') == std::string_view::npos &&
         file.substr(file.rfind('/') + 1).find_first_of(blanks) == std::string_view::npos;
}

std::vector<std::string> preloading(const std::vector<std::string>& files, Inherited inherited) {
  std::string names;
  std::string folders;
  const auto append = [](std::string& list, std::string_view entry) {
    list.append(list.empty() ? "" : ":").append(entry);
  };
  for (const std::string_view file : files) {
    const std::size_t slash = file.rfind('/');
    const bool by_name = slash != std::string_view::npos && file.find_first_of(blanks) < slash;
    append(names, by_name ? file.substr(slash + 1) : file);
    if (by_name) append(folders, file.substr(0, slash));
  }
  std::vector<std::string> variables;
  if (!names.empty()) variables.push_back(list_variable("LD_PRELOAD", names, inherited));
  if (!folders.empty()) variables.push_back(list_variable("LD_LIBRARY_PATH", folders, inherited));
  return variables;
}

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
