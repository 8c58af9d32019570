#include "harness/report/crash_report.hpp"

#include <unistd.h>

#include <cstdint>
#include <cstring>

#include "harness/base/text_sink.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/running_step.hpp"
#include "harness/report/wording.hpp"

namespace poolhammer {
namespace {

/// The step in the words of a Finding, and how a debugger stops before it.
void write_running_step(TextSink& out, std::string_view command) {
  const RunningStep& step = running_step();
  if (step.trace == nullptr) return;
  const auto& operations = step.trace->operations;
  if (step.index < operations.size()) {
    write_step(out, step.index, operations[step.index], step.own);
  } else {
    write_step_after_all(out, operations.size(), "");
  }
  if (!is_replay_command(command)) return;
  write_title(out, "debug:");
  write_debugger_command(out, command, step.index);
  out << "\n";
}

}  // namespace

int save_input(const CrashReport& report) noexcept {
  return report.file == nullptr ? 0 : write_file_safely(report.file, report.input);
}

void write_crash_report(const CrashReport& report, std::string_view oracle, int save_error) noexcept {
  SafeText text;
  if (!oracle.empty()) {
    write_heading(text, oracle);
    write_running_step(text, report.command);
  }
  if (save_error != 0)
    text << "poolhammer: " << report.file << ": cannot be written: " << strerrordesc_np(save_error) << "\n";
  text << report.lead_in;
  write_all(STDERR_FILENO, text.view());
  write_all(STDERR_FILENO, report.command);
  write_all(STDERR_FILENO, "\n");
}

void write_signal(int signal) noexcept {
  SafeText line;
  line << "poolhammer: killed by signal " << static_cast<std::uint64_t>(signal) << "\n";
  write_all(STDERR_FILENO, line.view());
}

}  // namespace poolhammer
