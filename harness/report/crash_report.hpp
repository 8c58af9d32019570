#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace poolhammer {

/// What a dying process leaves: its input in a file, and on standard error the finding, the step that was
/// running, and as the last line the command that shows it again. The members are views of what was made
/// ready before, so that nothing is allocated.
struct CrashReport {
  const char* file = nullptr;        ///< null: nothing is written
  std::span<const std::byte> input;  ///< what the file is to hold
  std::string_view lead_in;          ///< whole lines before the command
  std::string_view command;
};

/// Writes the file; 0, or the errno. To be called before anything is said: a process that dies once more
/// leaves its input all the same. Async-signal-safe.
[[nodiscard]] int save_input(const CrashReport& report) noexcept;

/// Says everything else; `save_error` is what save_input() gave. The finding is named `oracle`; where that is
/// empty, it and its step were reported already. Async-signal-safe.
void write_crash_report(const CrashReport& report, std::string_view oracle, int save_error) noexcept;

/// "poolhammer: killed by signal 11". Async-signal-safe.
void write_signal(int signal) noexcept;

}  // namespace poolhammer
