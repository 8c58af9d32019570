#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace poolhammer::contract {

/// How a program ended.
struct Ran {
  bool started = false;  ///< false: there is no such program
  bool in_time = false;
  int status = -1;     ///< its exit status, or 128 and the signal's number
  std::string output;  ///< what it wrote to both standard streams: the first 64 KiB
};

/// Runs the program `words` (its name is searched for in PATH) to its end, at most for `time`; then it is
/// killed with all that it started. Of the variables whose names begin with LD_ it gets LD_PRELOAD alone,
/// where `preload` is not empty. Throws std::runtime_error where the system refuses a process.
[[nodiscard]] Ran run_program(std::vector<std::string> words, const std::string& preload = {},
                              std::chrono::milliseconds time = std::chrono::seconds(60));

}  // namespace poolhammer::contract
