#include "cli/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "harness/base/format_error.hpp"

namespace poolhammer::cli {

namespace fs = std::filesystem;

std::vector<std::string> trace_files(const std::string& argument) {
  std::error_code ignored;
  if (!fs::is_directory(argument, ignored)) return {argument};
  std::vector<std::string> inside;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(argument, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(ignored)) inside.push_back(entry->path().string());
  }
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", argument, error.message()));
  if (inside.empty())
    throw InputError(fmt::format("{}: expected traces, found a folder without a file", argument));
  std::sort(inside.begin(), inside.end());
  return inside;
}

}  // namespace poolhammer::cli
