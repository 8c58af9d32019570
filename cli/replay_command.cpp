#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/files.hpp"
#include "cli/judge.hpp"
#include "cli/options.hpp"
#include "cli/target.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/library/library.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/report/wording.hpp"
#include "harness/run/explain.hpp"
#include "harness/run/explanations.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

constexpr const char* replay_examples = R"(Examples:
  poolhammer replay finding-1234.trace                  see a finding again
  poolhammer replay corpus                              every file of a folder
  poolhammer replay crash-1234 --raw                    a fuzzing engine's input, whatever its header says
  poolhammer replay ls.trace --every-layout             on all layouts of pymalloc
  poolhammer replay ls.trace --subject libc             on another subject; poolhammer --help lists them
  poolhammer replay ls.trace --subject lib:libjemalloc.so.2 --against lib:libmimalloc.so.2
                                                        two libraries: the first difference, and what each costs
  poolhammer replay ls.trace --check-every 1            find the first wrong step as early as can be
  poolhammer replay ls.trace --subject pymalloc:modern --against cpython --placements
                                                        find the first step that CPython takes otherwise)";

struct ReplayArguments {
  std::vector<std::string> files;
  std::vector<std::string> subjects;
  InputOptions input;
  JudgeOptions judge;
  bool every_layout = false;
  std::uint64_t stop_at = std::numeric_limits<std::uint64_t>::max();  ///< the step for a debugger
  bool json = false;
};

[[nodiscard]] nlohmann::ordered_json figures_of(const library::Cost& cost) {
  return {{"operations", cost.operations},
          {"nanoseconds", cost.time.count()},
          {"peak_resident_bytes", cost.peak_resident},
          {"resident_bytes_after_drain", cost.resident_after}};
}

/// What a program costs on two libraries, side by side.
[[nodiscard]] std::string to_table(const Target::Costs& costs) {
  const std::string title = fmt::format("median of {} runs", costs.runs);
  const std::size_t width = std::max({title.size(), costs.name.size(), costs.other_name.size()});
  std::string text = fmt::format("{:<{}}{:>12}{:>14}{:>14}{:>18}\n", title, width, "time, ms", "ns/operation",
                                 "peak, KiB", "after drain, KiB");
  const auto row = [&](const std::string& name, const library::Cost& cost) {
    const auto nanoseconds = static_cast<double>(cost.time.count());
    text += fmt::format("{:<{}}{:>12.3f}{:>14.1f}{:>14}{:>18}\n", name, width, nanoseconds / 1e6,
                        nanoseconds / static_cast<double>(std::max<std::uint64_t>(cost.operations, 1)),
                        grouped(cost.peak_resident >> 10U), grouped(cost.resident_after >> 10U));
  };
  row(costs.name, costs.cost);
  row(costs.other_name, costs.other_cost);
  return text;
}

/// Replays files one after the other. A file that cannot be read is said and passed over, so that one bad
/// file hides nothing of the others.
class Replay {
 public:
  explicit Replay(const ReplayArguments& options)
      : options_(options), judge_(options.judge), words_(options.judge.replay_options()) {
    words_ += input_words();
    if (words_.starts_with(' ')) words_.erase(0, 1);
    for (const std::string& name : options.subjects) (void)target(name);
  }

  [[nodiscard]] Exit run() {
    for (const std::string& argument : options_.files) replay_argument(argument);
    if (options_.json) {
      put(to_text({{"command", "replay"}, {"replays", replays_}, {"unreadable", unreadable_}}));
    } else if (replays_.size() + unreadable_.size() > 1) {
      put(fmt::format("{}, {}, {} could not be read\n", counted(replays_.size(), "replay"),
                      counted(findings_, "finding"), counted(unreadable_.size(), "file")));
      if (findings_ > 0) put(last_command_ + "\n");
    }
    if (findings_ > 0) return Exit::finding;
    return unreadable_.empty() ? Exit::nothing_found : Exit::bad_input;
  }

 private:
  [[nodiscard]] Target& target(const std::string& name) {
    std::unique_ptr<Target>& known = targets_[name];
    if (known != nullptr) return *known;
    // A library is made in a process of its own.
    if (!library::names_library(name)) {
      crash_reporter_.call_it_a_hang_after(options_.judge.timeout_seconds);
      crash_reporter_.about_making_for(replay_command(options_.files.front(), name, words_));
    }
    known = target_named(name, judge_, options_.judge);
    crash_reporter_.nothing();
    return *known;
  }

  [[nodiscard]] std::vector<std::string> subjects_for(const Trace& trace) const {
    if (!options_.subjects.empty()) return options_.subjects;
    if (!options_.every_layout) {
      std::vector<std::string> users = adapted_subjects();
      return users.empty() ? std::vector<std::string>{home_subject(trace.layout)} : users;
    }
    std::vector<std::string> names;
    for (const std::string_view layout : layout_words) names.push_back(home_subject(*layout_named(layout)));
    return names;
  }

  void replay_argument(const std::string& argument) {
    std::string now = argument;
    try {
      for (const std::string& file : trace_files(argument)) {
        now = file;
        replay_file(file);
      }
    } catch (const InputError& error) {
      pass_over(now, error);
    }
  }

  void replay_file(const std::string& file) {
    TraceFile read;
    try {
      read = read_trace_file(file, options_.input.chosen());
    } catch (const InputError& error) {
      return pass_over(file, error);
    }
    const std::string remark = to_string(read.report);
    if (!remark.empty()) fmt::print(stderr, "{}: {}\n", shown_name(file), remark);
    for (const std::string& name : subjects_for(read.trace)) replay(file, read.trace, target(name));
  }

  void pass_over(const std::string& file, const InputError& error) {
    unreadable_.push_back({{"file", file}, {"error", error.what()}});
    complain(error.what());
  }

  void replay(const std::string& file, const Trace& trace, Target& on) {
    Progress progress;
    RunOptions run_options;
    options_.judge.apply(run_options);
    run_options.stop_at = options_.stop_at;
    run_options.progress_every = 1U << 14U;
    run_options.progress = [&](std::uint64_t done) {
      progress.report(static_cast<double>(done) / static_cast<double>(trace.operations.size()),
                      fmt::format("{} operations on {}", grouped(done), on.name()));
    };
    const std::string command = replay_command(file, on.name(), words_);
    // What was found so far is not lost when this run kills the process.
    hand_out();
    crash_reporter_.call_it_a_hang_after(on.ends_hangs() ? 0 : options_.judge.timeout_seconds);
    crash_reporter_.about_file(command);
    const Judgement judgement = on.judge(trace, run_options);
    const Verdict& verdict = judgement.verdict;
    crash_reporter_.nothing();
    progress.end_line();
    const double seconds = progress.seconds();
    if (verdict.statistics.operations >= 100'000) {
      fmt::print(
          stderr, "{} operations in {:.2f} s: {} a second\n", grouped(verdict.statistics.operations), seconds,
          grouped(static_cast<std::uint64_t>(static_cast<double>(verdict.statistics.operations) / seconds)));
    }
    add(file, judgement.with_history.value_or(trace), on, judgement, command);
    // A program that one of them does not survive costs nothing that can be compared.
    if (verdict.finding && verdict.finding->oracle != "against.answer") return;
    if (const auto costs = on.costs(trace, run_options)) add(*costs);
  }

  /// What a finding means, and how to go on with it. A file alone shows the finding of a program that ran
  /// alone.
  struct Way {
    std::string_view title;
    std::string_view key;  ///< in JSON
    std::string command;
  };
  [[nodiscard]] std::vector<Way> ways_on(const std::string& file, const Target& on, const Finding& finding,
                                         const std::string& command) const {
    std::vector<Way> ways;
    if (file == "-") return ways;
    ways.push_back({"as C:", "c_program",
                    c::can_be_called(on.name()) && options_.judge.threads == 1
                        ? program_command(command, on.name())
                        : fmt::format("poolhammer show {}{} --as c", shell_word(file), input_words())});
    // A library is in another process.
    if (!on.ends_hangs())
      ways.push_back({"debug:", "debugger", debugger_command(command, finding.operation_index)});
    ways.push_back({"shorten:", "minimize", minimize_command(command)});
    return ways;
  }

  /// The words that say how a file is read, with a blank before.
  [[nodiscard]] std::string input_words() const {
    const TraceFormat format = options_.input.chosen();
    if (format == TraceFormat::automatic) return "";
    return format == TraceFormat::raw ? " --raw" : fmt::format(" --format {}", word(format));
  }

  void add(const std::string& file, const Trace& trace, const Target& on, const Judgement& judgement,
           const std::string& command) {
    const Verdict& verdict = judgement.verdict;
    nlohmann::ordered_json json = {{"file", file},
                                   {"subject", on.name()},
                                   {"statistics", to_json(verdict.statistics)},
                                   {"finding", nullptr}};
    if (verdict.finding) {
      ++findings_;
      last_command_ = command;
      json["finding"] = to_json(*verdict.finding);
      json["finding"]["meaning"] = meaning_of(verdict.finding->oracle);
      json["finding"]["step"] = told_step(*verdict.finding, trace);
      for (const Way& way : ways_on(file, on, *verdict.finding, command))
        json["finding"][std::string(way.key)] = way.command;
      json["finding"]["reproduce"] = command;
    }
    if (!judgement.remark.empty()) json["remark"] = judgement.remark;
    replays_.push_back(std::move(json));
    if (options_.json) return;
    const RunStatistics& s = verdict.statistics;
    put(fmt::format("{} on {}{}: {} ({} skipped, {} refused), {}, at most {} live: {}\n", file, on.name(),
                    judge_.words(), counted(s.operations, "operation"), s.skipped, s.refused,
                    counted(s.checks, "full check"), counted(s.peak_live_blocks, "block"),
                    verdict.finding ? "1 finding" : "nothing found"));
    const std::string remark = judgement.remark.empty() ? "" : report_entry("remark:", judgement.remark);
    if (!verdict.finding) return put(remark);
    put(fmt::format("{}{}{}", to_string(*verdict.finding), explain(*verdict.finding, trace), remark));
    for (const Way& way : ways_on(file, on, *verdict.finding, command))
      put(report_entry(way.title, way.command));
    put(command + "\n");
  }

  void add(const Target::Costs& costs) {
    replays_.back()["costs"] = {{"runs", costs.runs},
                                {costs.name, figures_of(costs.cost)},
                                {costs.other_name, figures_of(costs.other_cost)}};
    if (!options_.json) put(to_table(costs));
  }

  const ReplayArguments& options_;
  Judge judge_;
  std::string words_;  ///< of the command that replays a file in the same way
  CrashReporter crash_reporter_{""};
  std::map<std::string, std::unique_ptr<Target>> targets_;
  std::vector<nlohmann::ordered_json> replays_;
  std::vector<nlohmann::ordered_json> unreadable_;
  std::string last_command_;
  std::uint64_t findings_ = 0;
};

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReplayArguments>();
  CLI::App* const command =
      app.add_subcommand("replay", "run corpus, crash or trace files again and explain what breaks");
  command->footer(replay_examples);
  add_files_option(*command, options->files);
  add_subject_option(
      *command, options->subjects,
      "the allocator to judge, may be repeated (default: yours, or pymalloc of the trace's layout)");
  command->add_flag("--every-layout", options->every_layout, "judge pymalloc in each of its layouts");
  command
      ->add_option("--stop-at", options->stop_at,
                   "call the function poolhammer_stop before this operation, for a breakpoint of a debugger")
      ->check(whole_number(0))
      ->option_text("N");
  add_input_options(*command, options->input);
  add_judge_options(*command, options->judge);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, &action] { action = [options] { return Replay(*options).run(); }; });
}

}  // namespace poolhammer::cli
