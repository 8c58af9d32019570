#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace poolhammer {

/// How a process ended.
struct ProcessEnd {
  enum class How : std::uint8_t {
    exited,
    signal,
    hang,         ///< it was ended: it took too long
    memory,       ///< it was ended: it took too much memory
    not_started,  ///< there is no such program, or it cannot be run
  };
  How how = How::exited;
  int status = 0;      ///< the exit status, the signal's number, or the error number of a failed start
  std::string output;  ///< the beginning of what it wrote to the streams that were captured

  /// It ended by itself, with status 0.
  [[nodiscard]] bool well() const { return how == How::exited && status == 0; }
  /// The status as a shell gives it: 128 and the signal's number after a signal; 127 where it did not start.
  [[nodiscard]] int shell_status() const;
};

/// The end that waitpid() reported by `status`.
[[nodiscard]] ProcessEnd end_of_status(int status);

/// "died by signal 11 (Segmentation fault)", "ended with status 1", "did not end in time": what the subject
/// "the process" did.
[[nodiscard]] std::string to_string(const ProcessEnd& end);

/// How a process died, in words that are the same for the same bug: the sanitizer's name of the error in its
/// output and what was done, or else to_string().
[[nodiscard]] std::string how_it_died(const ProcessEnd& end);

}  // namespace poolhammer
