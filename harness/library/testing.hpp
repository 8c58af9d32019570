#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "harness/library/library.hpp"
#include "harness/library/library_runner.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::library {

/// One of the libraries of worker/testing/broken_library.cpp, by its fault.
[[nodiscard]] inline std::string broken(const std::string& fault) {
  return fmt::format("{}{}{}.so", prefix, POOLHAMMER_BROKEN_LIBRARIES, fault);
}

[[nodiscard]] inline LibraryRunner runner_on(const std::string& subject, const LibraryOptions& options = {}) {
  return LibraryRunner(library_named(subject), options);
}

/// A random program of 1000 operations.
[[nodiscard]] inline Trace program(std::uint64_t seed) {
  return generate(seed, {1000, LayoutId::classic});
}

}  // namespace poolhammer::library
