#pragma once

#include <fmt/format.h>

#include <string>

#include "cli/testing/command.hpp"

namespace poolhammer::cli {

/// The name, for --subject, of the library of the tests with that fault.
[[nodiscard]] inline std::string broken(const std::string& fault) {
  return fmt::format("lib:{}{}.so", POOLHAMMER_BROKEN_LIBRARIES, fault);
}

/// A command that runs in this folder.
[[nodiscard]] inline Setting in(const TemporaryFolder& folder) {
  Setting setting;
  setting.folder = folder.path();
  return setting;
}

}  // namespace poolhammer::cli
