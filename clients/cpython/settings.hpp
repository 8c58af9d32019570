#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace poolhammer::cpython {

/// What the environment asks of the host. The command line is Python's.
struct Settings {
  std::uint64_t check_every = 0;  ///< PYMALLOC_CHECK: operations from one check to the next; 0 for none
  bool print_totals = false;      ///< PYMALLOC_STATS=1: a line on standard error when the process ends
  std::string totals_file;        ///< PYMALLOC_STATS=/FILE: a line of JSON is appended to it instead
};

/// The settings of this process, or what is wrong with them, in one line.
[[nodiscard]] std::variant<Settings, std::string> settings_from_environment();

}  // namespace poolhammer::cpython
