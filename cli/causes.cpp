#include "cli/causes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/common.hpp"
#include "harness/base/format_error.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/finding_json.hpp"
#include "harness/report/wording.hpp"
#include "harness/run/cause.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {

namespace {

/// Whether a program of its own can be written of the finding. Threads that a run deals the calls to are not
/// in its trace.
[[nodiscard]] bool has_program(const Causes::Row& row) {
  return is_replay_command(row.command) && row.command.find(" --threads ") == std::string::npos &&
         c::can_be_called(row.subject);
}

}  // namespace

void add_go_on_options(CLI::App& command, GoOnOptions& options) {
  command.add_flag("--keep-going", options.keep_going, "go on after a finding, and report each cause once");
  command
      .add_option("--known", options.known,
                  "go on after the causes that this file accepts; see check --baseline")
      ->option_text("FILE");
  command
      .add_option("--write-known", options.write_known,
                  "go on after every finding, write a file that accepts their causes, and exit 0")
      ->option_text("FILE");
}

std::string to_words(const GoOnOptions& options) {
  std::string words = options.keep_going ? " --keep-going" : "";
  if (!options.known.empty()) words += " --known " + shell_word(options.known.string());
  if (!options.write_known.empty()) words += " --write-known " + shell_word(options.write_known.string());
  return words;
}

Causes::Causes(const GoOnOptions& options)
    : options_(options), known_(options.known.empty() ? Known() : Known::read(options.known)) {}

Causes::Row* Causes::add(const std::string& subject, const Trace& trace, const Finding& finding) {
  const std::string cause = cause_word(trace, finding);
  for (Row& row : rows_) {
    if (row.subject != subject || row.cause != cause) continue;
    ++row.times;
    return nullptr;
  }
  return &rows_.emplace_back(Row{.subject = subject,
                                 .cause = cause,
                                 .finding = finding,
                                 .file = {},
                                 .command = {},
                                 .remark = {},
                                 .known = known_.reason(subject, cause)});
}

void Causes::keep_program(Row& row, const Trace& trace) {
  try {
    write_trace(row.file, trace);
  } catch (const InputError& error) {
    complain(error.what());
    row.file.clear();
  }
}

bool Causes::news() const {
  return std::ranges::any_of(rows_, [](const Row& row) { return row.known.empty(); });
}

bool Causes::write_known() {
  if (options_.write_known.empty()) return false;
  for (const Row& row : rows_)
    known_.accept(row.subject, row.cause, row.file.empty() ? "seen" : fmt::format("seen in {}", row.file));
  known_.write(options_.write_known);
  return true;
}

std::string Causes::to_text(const Row& row) const {
  std::string text;
  if (options_.goes_on())
    text += fmt::format("\n{}: {}: {}\n", row.subject, row.cause, counted(row.times, "program"));
  if (!row.known.empty()) text += fmt::format("known: {}\n", row.known);
  text += to_string(row.finding);
  if (!row.remark.empty()) text += report_entry("remark:", row.remark);
  if (has_program(row)) text += report_entry("as C:", program_command(row.command, row.subject));
  return text;
}

nlohmann::ordered_json Causes::to_json(const Row& row) {
  nlohmann::ordered_json finding = poolhammer::to_json(row.finding);
  finding["trace"] = row.file.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(row.file);
  if (has_program(row)) finding["c_program"] = program_command(row.command, row.subject);
  finding["reproduce"] = row.command;
  if (!row.remark.empty()) finding["remark"] = row.remark;
  finding["subject"] = row.subject;
  finding["cause"] = row.cause;
  finding["programs"] = row.times;
  finding["known"] = row.known.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(row.known);
  return finding;
}

nlohmann::ordered_json Causes::as_json() const {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (const Row& row : rows_) findings.push_back(to_json(row));
  return findings;
}

nlohmann::ordered_json Causes::first_as_json() const {
  const auto fresh = std::ranges::find_if(rows_, [](const Row& row) { return row.known.empty(); });
  return fresh == rows_.end() ? nlohmann::ordered_json() : to_json(*fresh);
}

}  // namespace poolhammer::cli
