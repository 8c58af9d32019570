#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/options.hpp"
#include "harness/base/format_error.hpp"
#include "harness/record/record.hpp"

namespace poolhammer::cli {
namespace {

constexpr const char* record_examples = R"(Examples:
  poolhammer record -o ls.trace -- ls -l
  poolhammer record -o build.trace -- make          a trace for each process: build.2.trace, build.3.trace ...
  poolhammer replay ls.trace --every-layout         then run it again

The program must be a dynamic one. A recording loses nothing when the program is killed.)";

struct RecordArguments {
  RecordOptions record;
  std::string layout = "classic";
  bool json = false;
};

[[nodiscard]] nlohmann::ordered_json json_of(const RecordedProcess& process) {
  const LogReport& report = process.report;
  return {{"trace", process.file.string()},
          {"program", report.program},
          {"pid", report.pid},
          {"parent_pid", report.parent_pid},
          {"operations", report.operations},
          {"threads", report.threads},
          {"peak_blocks", report.peak_blocks},
          {"live_blocks", report.live_blocks},
          {"refused", report.import.refused},
          {"aligned_as_plain", report.import.aligned_as_plain},
          {"skipped_frees", report.import.skipped_frees},
          {"implied_frees", report.import.implied_frees},
          {"incomplete", report.import.incomplete},
          {"lost", report.lost},
          {"stopped", report.stopped == 0 ? "" : std::strerror(report.stopped)},
          {"running", process.running}};
}

/// The command's own output goes to its own standard output: what is said of the recording goes to standard
/// error, unless --json asks for it.
[[nodiscard]] Exit record_command(RecordArguments& options) {
  options.record.layout = *layout_named(options.layout);
  const RecordResult result = record(options.record);
  nlohmann::ordered_json processes = nlohmann::ordered_json::array();
  for (const RecordedProcess& process : result.processes) {
    processes.push_back(json_of(process));
    fmt::print(stderr, "{}: {}{}\n", process.file.string(), to_string(process.report),
               process.running ? "; still running" : "");
  }
  if (options.json) {
    put(to_text(
        {{"command", "record"}, {"exit_status", result.exit_status}, {"processes", std::move(processes)}}));
  }
  if (result.processes.empty()) {
    throw InputError(
        fmt::format("{}: nothing was recorded; is it a dynamic program of this machine's C library?",
                    options.record.command.front()));
  }
  const bool whole = std::ranges::all_of(
      result.processes, [](const RecordedProcess& process) { return process.report.stopped == 0; });
  if (result.exit_status != 0) {
    fmt::print(stderr, "the command ended with status {}{}\n", result.exit_status,
               whole ? "; its recording is whole" : "");
  }
  if (whole) return Exit::nothing_found;
  complain("the recording is cut short: a log could not be written further; its trace ends there");
  return Exit::bad_input;
}

}  // namespace

void add_record(CLI::App& app, Action& action) {
  auto options = std::make_shared<RecordArguments>();
  CLI::App* const command = app.add_subcommand(
      "record", "record what a real program, its threads and its children allocate, as traces");
  command->footer(record_examples);
  command
      ->add_option(
          "-o,--output", options->record.output,
          "the trace of the first process; for ls.trace, the further ones are ls.2.trace, ls.3.trace")
      ->required()
      ->option_text("OUT");
  command->add_flag("--text", options->record.text, "write the traces as text");
  add_layout_option(*command, options->layout, "the layout to write into the traces (default classic)");
  add_json_option(*command, options->json,
                  "give the result as JSON on standard output, after what the program prints there");
  command->add_option("COMMAND", options->record.command, "the program and its arguments, after a --")
      ->required()
      ->option_text(" ");
  command->positionals_at_end();
  command->callback([options, &action] { action = [options] { return record_command(*options); }; });
}

}  // namespace poolhammer::cli
