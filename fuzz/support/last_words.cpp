#include "fuzz/support/last_words.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "fuzz/support/safe_text.hpp"
#include "fuzz/support/tally.hpp"
#include "harness/run/runner.hpp"

namespace poolhammer::fuzz {
namespace {

std::atomic<const RememberedInput*> remembered = nullptr;

/// FNV-1a: tells the files of different findings apart, no more.
std::uint64_t hash(std::span<const std::byte> bytes) noexcept {
  std::uint64_t value = 0xcbf29ce484222325U;
  for (const std::byte byte : bytes) {
    // Wrapping is meant, where an unsigned-overflow sanitizer would object to *.
    static_cast<void>(
        __builtin_mul_overflow(value ^ std::to_integer<std::uint64_t>(byte), 0x100000001b3U, &value));
  }
  return value;
}

SafeText path_of(const RememberedInput& input) noexcept {
  const LastWordsSettings& settings = last_words_settings();
  const std::string_view ending = input.form() == InputForm::trace ? ".trace" : ".input";
  SafeText path;
  if (!settings.exact_artifact_path.empty()) {
    path << settings.exact_artifact_path << ending;
  } else {
    (path << settings.artifact_prefix << "finding-").hexadecimal(hash(input.bytes())) << ending;
  }
  return path;
}

/// "  running operation 12 of 40: malloc 3 64"
void print_running_step() noexcept {
  const RunningStep& step = running_step();
  if (step.trace == nullptr) return;
  const std::vector<Operation>& operations = step.trace->operations;
  SafeText line;
  line << "poolhammer: died ";
  if (step.index < operations.size()) {
    const Operation& operation = operations[step.index];
    line << "at operation " << step.index << " of " << operations.size() << ": " << word(operation.kind);
    if (operation.has_slot()) line << " " << operation.slot;
    if (operation.has_count()) line << " " << operation.count;
    if (operation.has_size()) line << " " << operation.size;
  } else {
    line << "after the last of " << operations.size() << " operations";
  }
  write_all(STDERR_FILENO, (line << "\n").view());
}

void print_command(const RememberedInput& input, std::string_view path) noexcept {
  SafeText line;
  line << "To see it again:\n";
  if (input.form() == InputForm::trace) {
    line << "poolhammer replay ";
  } else {
    line.shell_word(last_words_settings().program) << " ";
  }
  line.shell_word(path);
  const std::string& options = last_words_settings().replay_options;
  if (input.form() == InputForm::trace && !options.empty()) line << " " << options;
  write_all(STDERR_FILENO, (line << "\n").view());
}

}  // namespace

LastWordsSettings& last_words_settings() noexcept {
  // Never destroyed: a crash while the process exits still finds it.
  static auto* const settings = new LastWordsSettings;
  return *settings;
}

void read_arguments(std::span<char* const> arguments) {
  LastWordsSettings& settings = last_words_settings();
  if (!arguments.empty()) settings.program = arguments.front();
  const auto value_of = [](std::string_view argument, std::string_view option, std::string& value) {
    if (argument.starts_with(option)) value = argument.substr(option.size());
  };
  for (const std::string_view argument : arguments) {
    value_of(argument, "-artifact_prefix=", settings.artifact_prefix);
    value_of(argument, "-exact_artifact_path=", settings.exact_artifact_path);
  }
  // AFL++ keeps crashing inputs itself, and there a file for each execution that crashes would be thousands.
  settings.writes_files = std::getenv("__AFL_SHM_ID") == nullptr;
}

RememberedInput::RememberedInput(InputForm form, std::span<const std::byte> bytes) noexcept
    : form_(form), bytes_(bytes), outer_(remembered.load()) {
  remembered.store(this);
}

RememberedInput::~RememberedInput() {
  remembered.store(outer_);
}

void speak_last_words(std::string_view cause) noexcept {
  static std::atomic_flag spoken = ATOMIC_FLAG_INIT;
  if (spoken.test_and_set()) return;
  write_all(STDERR_FILENO, cause);
  const RememberedInput* const input = remembered.load();
  if (input != nullptr) tally().findings = 1;
  write_tally();
  if (input == nullptr || !last_words_settings().writes_files) return;
  print_running_step();
  const SafeText path = path_of(*input);
  if (const int error = write_file_safely(path.c_str(), input->bytes()); error != 0) {
    SafeText line;
    line << "poolhammer: cannot write " << path.view() << ": " << strerrordesc_np(error) << "\n";
    write_all(STDERR_FILENO, line.view());
    return;
  }
  print_command(*input, path.view());
}

}  // namespace poolhammer::fuzz
