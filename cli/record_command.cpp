#include <fmt/format.h>

#include <string>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/record/record.hpp"
#include "harness/trace/format_error.hpp"

namespace poolhammer::cli {
namespace {

struct Options {
  RecordOptions record;
  std::string layout = "classic";
  bool json = false;
};

[[nodiscard]] nlohmann::ordered_json to_json(const RecordedProcess& process) {
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
          {"running", process.running}};
}

/// The command's own output goes to its own standard output: what is said of the recording goes to standard
/// error, unless
/// --json asks for it.
[[nodiscard]] Exit record_command(Options& options) {
  options.record.layout = *layout_named(options.layout);
  const RecordResult result = record(options.record);
  nlohmann::ordered_json processes = nlohmann::ordered_json::array();
  for (const RecordedProcess& process : result.processes) {
    processes.push_back(to_json(process));
    fmt::print(stderr, "{}: {}{}\n", process.file.string(), to_string(process.report),
               process.running ? "; still running" : "");
  }
  if (options.json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{
                   {"command", "record"}, {"exit_status", result.exit_status}, {"processes", processes}}
                   .dump(2));
  }
  if (result.processes.empty()) {
    throw InputError(
        fmt::format("{}: nothing was recorded; is it a dynamic program of this machine's C library?",
                    options.record.command.front()));
  }
  if (result.exit_status != 0) {
    fmt::print(stderr, "the command ended with status {}; its recording is whole\n", result.exit_status);
  }
  return Exit::nothing_found;
}

}  // namespace

void add_record(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand(
      "record", "record what a real program allocates, its threads and children included, as traces");
  command
      ->add_option("-o,--output", options->record.output,
                   "the trace of the first process; further ones are numbered: OUT.2, OUT.3")
      ->required();
  command->add_flag("--text", options->record.text, "write the text form");
  command
      ->add_option("--layout", options->layout,
                   "note this layout in the traces: classic, aligned16, modern or tiny")
      ->check(CLI::IsMember({"classic", "aligned16", "modern", "tiny"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "give the result as JSON on standard output");
  command->add_option("COMMAND", options->record.command, "the program and its arguments, behind --")
      ->required();
  command->positionals_at_end();
  command->callback([options, &action] { action = [options] { return record_command(*options); }; });
}

}  // namespace poolhammer::cli
