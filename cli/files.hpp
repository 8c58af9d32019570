#pragma once

#include <string>
#include <vector>

namespace poolhammer::cli {

/// The files that an argument names: a folder stands for all files below it, sorted by name. Throws
/// InputError for a folder that holds none or cannot be read.
[[nodiscard]] std::vector<std::string> trace_files(const std::string& argument);

}  // namespace poolhammer::cli
