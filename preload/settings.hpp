#pragma once

#include <climits>

#include <array>
#include <cstdint>

#include "preload/kept_stderr.hpp"

namespace poolhammer::preload {

/// What the environment asks of the library.
struct Settings {
  std::uint64_t check_every = 0;      ///< operations between two checks of the whole heap; 0: never
  bool statistics_to_stderr = false;  ///< at exit
  KeptStderr stderr_at_start;         ///< kept where there may be something to say at the end
  /// To append to at exit: an absolute path, or empty. A copy, as programs overwrite their environment.
  std::array<char, PATH_MAX> statistics_file{};
};

inline constexpr const char* check_variable = "PYMALLOC_CHECK";
inline constexpr const char* statistics_variable = "PYMALLOC_STATS";

/// Reads the environment. A value that means nothing ends the process with status 2 and a line on stderr: a
/// program that was to be checked must not run unchecked.
[[nodiscard]] Settings read_settings() noexcept;

}  // namespace poolhammer::preload
