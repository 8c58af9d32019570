#include "fuzz/support/crash_report.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>

#include "fuzz/support/tally.hpp"
#include "fuzz/support/which_engine.hpp"
#include "harness/base/text_sink.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/crash_report.hpp"
#include "harness/report/death_hooks.hpp"

namespace poolhammer::fuzz {
namespace {

std::atomic<const RunningInput*> running = nullptr;

void write_path(TextSink& out, const RunningInput& input) noexcept {
  const CrashReportSettings& settings = crash_report_settings();
  const std::string_view ending = input.form() == InputForm::trace ? ".trace" : ".input";
  if (!settings.exact_artifact_path.empty()) {
    out << settings.exact_artifact_path << ending;
  } else {
    write_finding_file_name(out << settings.artifact_prefix, input.bytes(), ending);
  }
}

void write_command(TextSink& out, const RunningInput& input, std::string_view path) noexcept {
  const CrashReportSettings& settings = crash_report_settings();
  if (input.form() == InputForm::trace) return write_replay_command(out, path, "", settings.replay_options);
  (out.shell_word(settings.program) << " ").shell_word(path);
}

/// Says how the process ends, and has the tally and the engine's own file written.
void announce(const Ending& ending) noexcept {
  write_all(STDERR_FILENO, ending.finding);
  if (ending.signal != 0) write_signal(ending.signal);
  if (!ending.engine_knows) dump_unit_of_libfuzzer();
  write_tally();
}

/// Keeps the input first: `announce`, which says what was found, may not come to its end.
template <class Announce>
void report(const RunningInput& input, std::string_view oracle, const Announce& announce) noexcept {
  SafeText path;
  write_path(path, input);
  SafeText command;
  write_command(command, input, path.view());
  SafeText lead_in;
  // Where the subject is named: another is that of the trace's layout, and known when it is replayed.
  const std::string_view options = crash_report_settings().replay_options;
  if (options.starts_with("--subject ") && is_replay_command(command.view())) {
    write_program_command(lead_in << "To have it as a program of its own:\n", command.view(), "");
    lead_in << "\n";
  }
  lead_in << "To see it again:\n";
  const CrashReport report = {
      .file = path.c_str(), .input = input.bytes(), .lead_in = lead_in.view(), .command = command.view()};
  const int save_error = save_input(report);
  announce();
  write_crash_report(report, oracle, save_error);
}

void on_death(Death death) noexcept {
  // At a signal libFuzzer is not asked for its file: where it is the engine, it handles signals itself.
  report_crash({.finding = {}, .signal = death.signal, .engine_knows = death.signal != 0});
}

}  // namespace

CrashReportSettings& crash_report_settings() noexcept {
  // Never destroyed: a crash while the process exits still finds it.
  static auto* const settings = new CrashReportSettings;
  return *settings;
}

void read_arguments(std::span<char* const> arguments) {
  CrashReportSettings& settings = crash_report_settings();
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

RunningInput::RunningInput(InputForm form, std::span<const std::byte> bytes) noexcept
    : form_(form), bytes_(bytes), outer_(running.load()) {
  running.store(this);
}

RunningInput::~RunningInput() {
  running.store(outer_);
}

void report_finding(std::string_view finding) noexcept {
  const RunningInput* const input = running.load();
  ++tally().findings;
  const auto announce = [finding] { static_cast<void>(write_all(STDERR_FILENO, finding)); };
  if (input == nullptr || !crash_report_settings().writes_files) return announce();
  report(*input, "", announce);
}

void report_crash(const Ending& ending) noexcept {
  static std::atomic_flag reported = ATOMIC_FLAG_INIT;
  if (reported.test_and_set()) return;
  const RunningInput* const input = running.load();
  if (input != nullptr) ++tally().findings;
  if (input == nullptr || !crash_report_settings().writes_files) return announce(ending);
  report(*input, ending.finding.empty() ? ending.oracle : "", [&ending] { announce(ending); });
}

void install_crash_report() {
  install_death_hooks(&on_death);
}

}  // namespace poolhammer::fuzz
