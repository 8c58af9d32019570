#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/judge.hpp"
#include "cli/options.hpp"
#include "cli/target.hpp"
#include "harness/base/random.hpp"
#include "harness/base/scan.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/report/wording.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/world_plan.hpp"

namespace poolhammer::cli {
namespace {

constexpr const char* examples = R"(Examples:
  poolhammer run                                        ten seconds on all layouts of the home allocator
  poolhammer run --seconds 3600 --seed 2                an hour of other programs
  poolhammer run --subject libc --operations 1000000    the C library's allocator
  poolhammer run --subject lib:libjemalloc.so.2         any library's, in a process of its own
  poolhammer run --subject pymalloc:tiny --check-every 1
                                                        look at everything after every step
  poolhammer run --subject pymalloc:modern --against cpython --placements
                                                        look for a difference from CPython itself

A finding ends the run: its program is written to the folder of --artifacts, and the last line printed is the
command that shows it again. The same seed gives the same programs.)";

constexpr double default_seconds = 10;

struct Options {
  std::vector<std::string> subjects;
  double seconds = 0;            ///< 0: --operations says when to stop
  std::uint64_t operations = 0;  ///< 0: --seconds does
  std::uint64_t seed = 1;
  std::size_t length = 1000;
  // Random programs ask for large blocks now and then, which cost time and show nothing.
  JudgeOptions judge{.check_every = 256,
                     .memory_limit_mib = 64,
                     .oracles = {},
                     .timeout_seconds = 60,
                     .against = {},
                     .placements = false};
  std::string placement;         ///< empty: as each program says
  std::string failures = "any";  ///< as each program says
  std::filesystem::path artifacts = ".";

  [[nodiscard]] WorldPlan plan() const {
    return {.placement = pymalloc::placement_named(placement), .failures = *failures_named(failures)};
  }
  bool json = false;
};

/// Random programs, one after the other, until the time or the number of operations is used up, or one finds
/// something.
class Hammer {
 public:
  explicit Hammer(const Options& options)
      : options_(options),
        judge_(options.judge),
        crash_reporter_(options.artifacts / "", options.judge.replay_options()),
        seeds_(options.seed) {
    for (const std::string& name : options.subjects)
      targets_.push_back(target_named(name, judge_, options.judge));
  }

  [[nodiscard]] Exit run() {
    RunOptions run_options;
    options_.judge.apply(run_options);
    while (!done()) {
      Target& target = *targets_[programs_ % targets_.size()];
      Random random(seeds_.next());
      Trace trace = generate(random, {.operations = options_.length,
                                      .layout = target.layout(),
                                      .domains = target.has_domains(),
                                      .breadth = target.breadth(run_options.memory_limit)});
      apply(options_.plan(), trace, random);
      crash_reporter_.call_it_a_hang_after(target.ends_hangs() ? 0 : options_.judge.timeout_seconds);
      crash_reporter_.about(trace, target.name());
      const Judgement judgement = target.judge(trace, run_options);
      crash_reporter_.nothing();
      ++programs_;
      operations_ += judgement.verdict.statistics.operations;
      if (judgement.verdict.finding) return report(judgement.with_history.value_or(trace), target, judgement);
      progress_.report(
          share(), fmt::format("{}, {}", counted(programs_, "program"), counted(operations_, "operation")));
    }
    progress_.end_line();
    put(options_.json ? to_text(json_summary()) : summary("nothing found"));
    return Exit::nothing_found;
  }

 private:
  [[nodiscard]] bool done() const {
    return options_.operations != 0 ? operations_ >= options_.operations
                                    : progress_.seconds() >= options_.seconds;
  }
  [[nodiscard]] double share() const {
    const double part = options_.operations != 0
                            ? static_cast<double>(operations_) / static_cast<double>(options_.operations)
                            : progress_.seconds() / options_.seconds;
    return std::min(part, 1.0);
  }

  /// A finding is told also where its program cannot be written: this run itself, with all that decides its
  /// programs, shows it again then.
  [[nodiscard]] Exit report(const Trace& trace, const Target& target, const Judgement& judgement) {
    const Finding& finding = *judgement.verdict.finding;
    progress_.end_line();
    std::string file = crash_reporter_.file_for(trace);
    std::string command = crash_reporter_.command_for(file, trace, target.name());
    try {
      write_trace(file, trace);
    } catch (const InputError& error) {
      complain(error.what());
      file.clear();
      command = own_command();
    }
    if (options_.json) {
      nlohmann::ordered_json json = json_summary();
      json["finding"] = to_json(finding);
      json["finding"]["trace"] = file.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(file);
      json["finding"]["reproduce"] = command;
      if (!judgement.remark.empty()) json["finding"]["remark"] = judgement.remark;
      put(to_text(json));
    } else {
      const std::string remark = judgement.remark.empty() ? "" : report_entry("remark:", judgement.remark);
      put(fmt::format("{}{}{}{}\n", summary("1 finding"), to_string(finding), remark, command));
    }
    return Exit::finding;
  }

  [[nodiscard]] std::string own_command() const {
    std::string command = "poolhammer run";
    for (const std::string& name : options_.subjects) command += fmt::format(" --subject {}", name);
    if (!options_.placement.empty()) command += fmt::format(" --placement {}", options_.placement);
    if (options_.failures != "any") command += fmt::format(" --failures {}", options_.failures);
    const JudgeOptions& judge = options_.judge;
    command = fmt::format(
        "{} --operations {} --seed {} --length {} --check-every {} --memory-limit {} --oracles {} --timeout "
        "{}",
        command, operations_, options_.seed, options_.length, judge.check_every, judge.memory_limit_mib,
        to_string(judge.oracles), judge.timeout_seconds);
    if (!judge.against.empty()) command += fmt::format(" --against {}", judge.against);
    for (const std::string& clause : judge.accepted) command += fmt::format(" --accept {}", clause);
    if (judge.threads != 1)
      command += fmt::format(" --threads {} --schedule {}", judge.threads, judge.schedule);
    if (judge.at_once) command += " --at-once";
    return judge.placements ? command + " --placements" : command;
  }

  [[nodiscard]] std::string summary(std::string_view result) const {
    return fmt::format("{}, {}, seed {}: {}\n", counted(programs_, "program"),
                       counted(operations_, "operation"), options_.seed, result);
  }

  [[nodiscard]] nlohmann::ordered_json json_summary() const {
    return {{"command", "run"},      {"subjects", options_.subjects}, {"seed", options_.seed},
            {"programs", programs_}, {"operations", operations_},     {"seconds", progress_.seconds()},
            {"finding", nullptr}};
  }

  const Options& options_;
  Judge judge_;
  CrashReporter crash_reporter_;
  Random seeds_;  ///< a seed for each program: what one draws tells nothing of what the next does
  std::vector<std::unique_ptr<Target>> targets_;
  Progress progress_;
  std::uint64_t programs_ = 0;
  std::uint64_t operations_ = 0;
};

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("run", "hammer with random programs, on any compiler and without a fuzzing engine");
  command->footer(examples);
  add_subject_option(
      *command, options->subjects,
      "the allocator to hammer; of several each in turn (default: yours, or pymalloc, each layout)");
  CLI::Option* const seconds =
      command->add_option("--seconds", options->seconds, "stop after so many seconds (default 10)")
          ->check(duration())
          ->option_text("S");
  command->add_option("--operations", options->operations, "stop after so many operations instead")
      ->check(whole_number(1))
      ->excludes(seconds)
      ->option_text("N");
  command->add_option("--seed", options->seed, "which random programs: any number (default 1)")
      ->check(whole_number(0))
      ->option_text("N");
  command->add_option("--length", options->length, "operations of each program (default 1000)")
      ->check(whole_number(1, 10'000'000))
      ->option_text("N");
  command
      ->add_option("--placement", options->placement,
                   fmt::format("where every arena goes, whatever the programs say: {}",
                               alternatives(pymalloc::placement_words)))
      ->check(one_of(pymalloc::placement_words))
      ->option_text("WORD");
  command
      ->add_option("--failures", options->failures,
                   fmt::format("what is refused below, now and then: {} (default any: as programs say)",
                               alternatives(failures_words)))
      ->check(one_of(failures_words))
      ->option_text("WORD");
  add_judge_options(*command, options->judge);
  add_artifacts_option(*command, options->artifacts);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, &action] {
    action = [options] {
      if (options->operations == 0 && options->seconds == 0) options->seconds = default_seconds;
      if (options->subjects.empty()) options->subjects = adapted_subjects();
      if (options->subjects.empty()) {
        for (const std::string_view layout : layout_words)
          options->subjects.push_back(home_subject(*layout_named(layout)));
      }
      return Hammer(*options).run();
    };
  });
}

}  // namespace poolhammer::cli
