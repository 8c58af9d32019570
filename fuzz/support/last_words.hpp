#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace poolhammer::fuzz {

// When a process dies of a finding, a sanitizer's report, a signal or the engine's limits, it leaves the
// running input in a file, and the last line it prints is the one command that shows it again. All of that
// state is one per process, prepared before each input runs, so that the dying process allocates nothing.

/// Who runs the target.
enum class Engine : std::uint8_t {
  libfuzzer,
  plain,  ///< our own main()
  other,  ///< AFL++, say: it knows a crash by its signal
};

[[nodiscard]] Engine engine() noexcept;
/// What our own main() says; otherwise libFuzzer is known by its symbols.
void set_engine(Engine engine) noexcept;

/// Where files of findings go, and how this program is called.
struct LastWordsSettings {
  std::string program = "fuzz target";
  std::string artifact_prefix = "./";  ///< a file's path is this and its name
  std::string exact_artifact_path;     ///< where not empty, a file's path is this and ".trace" or ".input"
  bool writes_files = true;
  std::string replay_options;  ///< further words of the command that replays a trace
};
[[nodiscard]] LastWordsSettings& last_words_settings() noexcept;

/// Takes program, artifact_prefix and exact_artifact_path from a command line in libFuzzer's form.
void read_arguments(std::span<char* const> arguments);

/// How the bytes of an input are to be understood.
enum class InputForm : std::uint8_t {
  bytes,  ///< the target's own: shown again by this program
  trace,  ///< a trace's canonical form: shown again by `poolhammer replay`
};

/// Keeps an input for the last words while it runs. The bytes must outlive it. Nests: the inner one counts.
class RememberedInput {
 public:
  RememberedInput(InputForm form, std::span<const std::byte> bytes) noexcept;
  RememberedInput(const RememberedInput&) = delete;
  RememberedInput& operator=(const RememberedInput&) = delete;
  ~RememberedInput();

  [[nodiscard]] InputForm form() const { return form_; }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  InputForm form_;
  std::span<const std::byte> bytes_;
  const RememberedInput* outer_;
};

/// Prints `cause`, writes the tally and, where an input is running, its file and the command. Only the first
/// call does anything. Async-signal-safe.
void speak_last_words(std::string_view cause = {}) noexcept;

/// Has the last words spoken after a sanitizer's report and at the signals that nobody else handles. Called
/// once, at the first input: by then libFuzzer has set the callback of its own that ours calls first.
void install_death_hooks();

/// Has libFuzzer write its own crash file and its statistics, where it is the engine.
void dump_unit_of_libfuzzer() noexcept;

}  // namespace poolhammer::fuzz
