#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace poolhammer::fuzz {

// When a target's process ends by a finding, a sanitizer's report, a signal or the engine's limits, it leaves
// the running input in a file, and the last line it prints is the one command that shows it again. All of
// that state is one per process, prepared before each input runs, so that the dying process allocates
// nothing.

/// Where files of findings go, and how this program is called.
struct CrashReportSettings {
  std::string program = "fuzz target";
  std::string artifact_prefix = "./";  ///< a file's path is this and its name
  std::string exact_artifact_path;     ///< where not empty, a file's path is this and ".trace" or ".input"
  bool writes_files = true;
  std::string replay_options;  ///< further words of the command that replays a trace
};
[[nodiscard]] CrashReportSettings& crash_report_settings() noexcept;

/// Takes program, artifact_prefix and exact_artifact_path from a command line in libFuzzer's form.
void read_arguments(std::span<char* const> arguments);

/// How the bytes of an input are to be understood.
enum class InputForm : std::uint8_t {
  bytes,  ///< the target's own: shown again by this program
  trace,  ///< a trace's canonical form: shown again by `poolhammer replay`
};

/// Keeps an input for the crash report while it runs. The bytes must outlive it. Nests: the inner one counts.
class RunningInput {
 public:
  RunningInput(InputForm form, std::span<const std::byte> bytes) noexcept;
  RunningInput(const RunningInput&) = delete;
  RunningInput& operator=(const RunningInput&) = delete;
  ~RunningInput();

  [[nodiscard]] InputForm form() const { return form_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  InputForm form_;
  std::span<const std::byte> bytes_;
  const RunningInput* outer_;
};

/// What is known of the end of the process when it begins.
struct Ending {
  std::string_view finding;           ///< the whole text of a finding, where an oracle has one
  int signal = 0;                     ///< where one ends the process
  std::string_view oracle = "crash";  ///< what the finding is called that has no text
  bool engine_knows = false;          ///< the engine has written its own crash file
};

/// Writes the running input's file, and tells the finding and the command that shows it again; the process
/// goes on.
void report_finding(std::string_view finding) noexcept;

/// Writes the running input's file, says how the process ends, writes the tally and says the command. Only
/// the first call does anything. Async-signal-safe.
void report_crash(const Ending& ending) noexcept;

/// Has crashes reported after a sanitizer's report and at the signals that nobody else handles. Called once,
/// at the first input: by then libFuzzer has set the callback of its own that ours calls first.
void install_crash_report();

}  // namespace poolhammer::fuzz
