#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/causes.hpp"
#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/interruptions.hpp"
#include "cli/judge.hpp"
#include "cli/options.hpp"
#include "cli/target.hpp"
#include "cli/trials.hpp"
#include "harness/base/random.hpp"
#include "harness/base/scan.hpp"
#include "harness/library/library.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/report/wording.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/program_length.hpp"
#include "harness/trace/world_plan.hpp"

namespace poolhammer::cli {
namespace {

constexpr const char* run_examples = R"(Examples:
  poolhammer run                                        ten seconds on all layouts of pymalloc
  poolhammer run --seconds 3600 --seed 2                an hour of other programs
  poolhammer run --subject libc --operations 1000000    the C library's allocator
  poolhammer run --subject lib:libjemalloc.so.2         any library's, in a process of its own
  poolhammer run --subject pymalloc:tiny --check-every 1
                                                        look at everything after every step
  poolhammer run --subject pymalloc:modern --against cpython --placements
                                                        look for a difference from CPython itself
  poolhammer run --subject lib:libfoo.so --keep-going   every cause once, with a program of each
  poolhammer run --subject lib:libfoo.so --without realloc --sizes 1..4096
                                                        what is known to be broken left out

A finding ends the run: its program is written to the folder of --artifacts, and the last line printed is the
command that shows it again. The same seed gives the same programs.)";

constexpr double default_seconds = 10;
constexpr std::size_t usual_length = 1000;  ///< of programs for a subject that has no use for others

struct RunArguments {
  std::vector<std::string> subjects;
  double seconds = 0;            ///< 0: --operations says when to stop
  std::uint64_t operations = 0;  ///< 0: --seconds does
  std::uint64_t seed = 1;
  std::size_t length = 0;  ///< 0: each program another
  // Random programs ask for large blocks now and then, which cost time and show nothing.
  JudgeOptions judge{.check_every = 256,
                     .memory_limit_mib = 64,
                     .oracles = {},
                     .timeout_seconds = 60,
                     .against = {},
                     .placements = false};
  Restriction restriction;
  std::vector<std::uint64_t> interesting;
  GoOnOptions go_on;
  std::string placement;         ///< empty: as each program says
  std::string failures = "any";  ///< as each program says
  std::filesystem::path artifacts = ".";

  [[nodiscard]] WorldPlan plan() const {
    return {.placement = pymalloc::placement_named(placement), .failures = *failures_named(failures)};
  }
  [[nodiscard]] bool goes_on() const { return go_on.goes_on(); }
  bool checks_as_told = false;   ///< how often is the user's word
  bool limited_as_told = false;  ///< likewise the memory limit
  bool json = false;
};

/// Random programs, one after the other, until the time or the number of operations is used up, or one finds
/// something that ends the run.
class Hammer {
 public:
  explicit Hammer(const RunArguments& options)
      : options_(options),
        judge_(options.judge),
        crash_reporter_(options.artifacts / "", options.judge.replay_options()),
        causes_(options.go_on),
        seeds_(options.seed) {
    if (options.goes_on()) interruptions_.emplace();
    for (const std::string& name : options.subjects) {
      // A library is made in a process of its own.
      if (!library::names_library(name)) {
        crash_reporter_.call_it_a_hang_after(options.judge.timeout_seconds);
        crash_reporter_.about_making(name);
      }
      targets_.push_back(target_named(name, judge_, options.judge));
      crash_reporter_.nothing();
      if (!options.goes_on()) continue;
      // A process that dies takes the run with it: a run that goes on judges in others.
      trials_.push_back(library::names_library(name) ? nullptr
                                                     : std::make_unique<Trials>(name, options.judge, [] {
                                                         return Interruptions::happened();
                                                       }));
    }
  }

  [[nodiscard]] Exit run() {
    while (!done()) {
      const std::size_t turn = programs_ % targets_.size();
      Random random(seeds_.next());
      const std::size_t length = length_of(turn, random);
      const JudgeOptions judging = judging_of(length);
      RunOptions run_options;
      judging.apply(run_options);
      crash_reporter_.replay_with(judging.replay_options());
      timeout_seconds_ = judging.timeout_seconds;
      const Trace trace = next_program(*targets_[turn], length, random, run_options);
      const Judgement judgement = judge(turn, trace, run_options);
      ++programs_;
      operations_ += judgement.verdict.statistics.operations;
      if (judgement.verdict.finding &&
          !passes_by(judgement.with_history.value_or(trace), *targets_[turn], judgement))
        break;
      progress_.report(
          share(), fmt::format("{}, {}", counted(programs_, "program"), counted(operations_, "operation")));
    }
    progress_.end_line();
    if (options_.json)
      put(to_text(json_summary()));
    else if (causes_.rows().empty())
      put(summary("nothing found"));
    else
      put_rows();
    if (causes_.write_known()) return Exit::nothing_found;
    if (causes_.news()) return Exit::finding;
    hand_out();
    Interruptions::obey();
    return Exit::nothing_found;
  }

 private:
  [[nodiscard]] bool done() const {
    if (options_.goes_on() && Interruptions::happened()) return true;
    return options_.operations != 0 ? operations_ >= options_.operations
                                    : progress_.seconds() >= options_.seconds;
  }
  [[nodiscard]] double share() const {
    const double part = options_.operations != 0
                            ? static_cast<double>(operations_) / static_cast<double>(options_.operations)
                            : progress_.seconds() / options_.seconds;
    return std::min(part, 1.0);
  }

  [[nodiscard]] std::size_t length_of(std::size_t turn, Random& random) const {
    if (options_.length != 0) return options_.length;
    if (!targets_[turn]->varies_lengths()) return usual_length;
    // A look at everything after every few steps takes time in proportion to the square of the length.
    if (options_.checks_as_told && options_.judge.check_every != 0) return draw_length(random, longest_short);
    // A run that goes on judges each program as it judges every other.
    return draw_length(random, options_.goes_on() ? 4 * longest_short : longest_program);
  }

  /// How a program of that length is judged, where lengths differ: a long one is looked at as a whole as
  /// often as one of longest_short steps, has more memory, and as many times more time as it is longer.
  [[nodiscard]] JudgeOptions judging_of(std::size_t length) const {
    JudgeOptions judge = options_.judge;
    if (options_.length != 0 || length <= longest_short) return judge;
    if (!options_.checks_as_told) judge.check_every = std::max<std::uint64_t>(judge.check_every, length / 16);
    if (!options_.limited_as_told) judge.memory_limit_mib *= 4;
    judge.timeout_seconds *= static_cast<unsigned>(1 + length / longest_short);
    return judge;
  }

  [[nodiscard]] Trace next_program(Target& target, std::size_t length, Random& random,
                                   const RunOptions& run_options) {
    Breadth breadth = target.breadth(run_options.memory_limit);
    breadth.named.insert(breadth.named.end(), options_.interesting.begin(), options_.interesting.end());
    Trace trace = generate(random, {.operations = length,
                                    .layout = target.layout(),
                                    .domains = target.has_domains(),
                                    .breadth = std::move(breadth),
                                    .reserves = target.reserves(),
                                    .fills = target.can_be_filled()});
    apply(options_.plan(), trace, random);
    restrict_to(trace, options_.restriction, own_operations_of(target.name()));
    // A run of so many operations ends in the middle of a program whose length is not the user's word.
    const std::uint64_t left = options_.operations - std::min(options_.operations, operations_);
    if (options_.operations != 0 && options_.length == 0 && trace.operations.size() > left)
      trace.operations.resize(left);
    return trace;
  }

  [[nodiscard]] Judgement judge(std::size_t turn, const Trace& trace, const RunOptions& run_options) {
    Target& target = *targets_[turn];
    if (turn < trials_.size() && trials_[turn] != nullptr) {
      Judgement judgement;
      judgement.verdict.finding = trials_[turn]->run(trace);
      judgement.verdict.statistics.operations = trace.operations.size();
      return judgement;
    }
    crash_reporter_.call_it_a_hang_after(target.ends_hangs() ? 0 : timeout_seconds_);
    crash_reporter_.about(trace, target.name());
    Judgement judgement = target.judge(trace, run_options);
    crash_reporter_.nothing();
    return judgement;
  }

  /// Takes a finding, and says whether the run goes on. It is reported at once where it goes on, also where
  /// its program cannot be written: this run itself, with all that decides its programs, shows it again then.
  [[nodiscard]] bool passes_by(const Trace& trace, const Target& target, const Judgement& judgement) {
    Causes::Row* const row = causes_.add(std::string(target.name()), trace, *judgement.verdict.finding);
    if (row == nullptr) return true;
    progress_.end_line();
    row->remark = judgement.remark;
    row->file = crash_reporter_.file_for(trace);
    row->command = crash_reporter_.command_for(row->file, trace, target.name());
    Causes::keep_program(*row, trace);
    if (row->file.empty()) row->command = own_command();
    const bool goes_on = causes_.passes_by(*row);
    if (goes_on)
      fmt::print(stderr, "{}: {}: {} ({:.1f} s)\n", row->subject, row->cause, row->finding.operation,
                 progress_.seconds());
    return goes_on;
  }

  /// The findings, and how often each was seen where the run went on.
  void put_rows() const {
    const auto& rows = causes_.rows();
    std::string text = summary(counted(rows.size(), "finding"));
    for (const Causes::Row& row : rows) text += causes_.to_text(row) + row.command + "\n";
    put(text);
  }

  [[nodiscard]] std::string own_command() const {
    std::string command = "poolhammer run";
    for (const std::string& name : options_.subjects) command += fmt::format(" --subject {}", name);
    if (!options_.placement.empty()) command += fmt::format(" --placement {}", options_.placement);
    if (options_.failures != "any") command += fmt::format(" --failures {}", options_.failures);
    if (const std::string words = to_words(options_.restriction); !words.empty()) command += " " + words;
    for (const std::uint64_t size : options_.interesting) command += fmt::format(" --interesting {}", size);
    const JudgeOptions& judge = options_.judge;
    command = fmt::format("{} --operations {} --seed {} --oracles {} --timeout {}", command, operations_,
                          options_.seed, to_string(judge.oracles), judge.timeout_seconds);
    if (options_.length != 0) command += fmt::format(" --length {}", options_.length);
    if (options_.checks_as_told) command += fmt::format(" --check-every {}", judge.check_every);
    if (options_.limited_as_told) command += fmt::format(" --memory-limit {}", judge.memory_limit_mib);
    if (!judge.against.empty()) command += fmt::format(" --against {}", judge.against);
    for (const std::string& clause : judge.accepted) command += fmt::format(" --accept {}", clause);
    if (judge.coalesces) command += " --coalesces";
    if (judge.threads != 1)
      command += fmt::format(" --threads {} --schedule {}", judge.threads, judge.schedule);
    if (judge.at_once) command += " --at-once";
    command += to_words(options_.go_on);
    return judge.placements ? command + " --placements" : command;
  }

  [[nodiscard]] std::string summary(std::string_view result) const {
    return fmt::format("{}, {}, seed {}: {}\n", counted(programs_, "program"),
                       counted(operations_, "operation"), options_.seed, result);
  }

  [[nodiscard]] nlohmann::ordered_json json_summary() const {
    nlohmann::ordered_json json = {{"command", "run"},          {"subjects", options_.subjects},
                                   {"seed", options_.seed},     {"programs", programs_},
                                   {"operations", operations_}, {"seconds", progress_.seconds()}};
    json["finding"] = causes_.first_as_json();
    json["findings"] = causes_.as_json();
    return json;
  }

  const RunArguments& options_;
  Judge judge_;
  CrashReporter crash_reporter_;
  Causes causes_;
  Random seeds_;  ///< a seed for each program: what one draws tells nothing of what the next does
  std::vector<std::unique_ptr<Target>> targets_;
  std::optional<Interruptions> interruptions_;   ///< of a run that goes on
  std::vector<std::unique_ptr<Trials>> trials_;  ///< likewise, one a target; null: it survives every death
  Progress progress_;
  unsigned timeout_seconds_ = 0;  ///< of the present program
  std::uint64_t programs_ = 0;
  std::uint64_t operations_ = 0;
};

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<RunArguments>();
  CLI::App* const command =
      app.add_subcommand("run", "hammer with random programs, on any compiler and without a fuzzing engine");
  command->footer(run_examples);
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
  command
      ->add_option(
          "--length", options->length,
          fmt::format("operations of each program (default: from 128 to {}; of libraries and your own "
                      "allocators {})",
                      longest_program, usual_length))
      ->check(whole_number(1, 10'000'000))
      ->option_text("N");
  command
      ->add_option("--placement", options->placement,
                   fmt::format("where arenas go: {}", alternatives(pymalloc::placement_words)))
      ->check(one_of(pymalloc::placement_words))
      ->option_text("WORD");
  command
      ->add_option("--failures", options->failures,
                   fmt::format("what is refused below, now and then: {} (default any: as programs say)",
                               alternatives(failures_words)))
      ->check(one_of(failures_words))
      ->option_text("WORD");
  add_restriction_options(*command, options->restriction);
  add_interesting_option(*command, options->interesting);
  add_go_on_options(*command, options->go_on);
  add_judge_options(*command, options->judge);
  add_artifacts_option(*command, options->artifacts);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, command, &action] {
    options->checks_as_told = command->count("--check-every") != 0;
    options->limited_as_told = command->count("--memory-limit") != 0;
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
