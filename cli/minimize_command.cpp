#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/interruptions.hpp"
#include "cli/options.hpp"
#include "cli/trials.hpp"
#include "harness/c_program/callee.hpp"
#include "harness/report/commands.hpp"
#include "harness/report/wording.hpp"
#include "harness/run/cause.hpp"
#include "harness/run/minimize.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* minimize_examples = R"(Examples:
  poolhammer minimize finding-1234.trace                writes finding-1234.min.trace
  poolhammer minimize crash-1234 --raw -o small.trace   a fuzzing engine's input
  poolhammer minimize big.trace --seconds 60            the best of a minute; so does an interrupt (Ctrl-C)
  poolhammer minimize ls.trace --subject lib:libjemalloc.so.2
                                                        any library's finding, each trial in a process of its own

The result shows the same finding: the same oracle and invariant, or the same way to die. Every step is a run.
Where no subject is named, the program may end up on the layout tiny, which needs the fewest operations.)";

constexpr std::size_t shown_operations = 40;  ///< longer programs are not printed

struct MinimizeArguments {
  std::string file;
  std::vector<std::string> subjects;
  std::string output;
  double seconds = 0;  ///< 0: until nothing simpler is left to try
  bool keep_layout = false;
  InputOptions input;
  JudgeOptions judge{.oracles = {}, .timeout_seconds = trial_seconds, .against = {}, .fresh_each = true};
  bool json = false;
};

/// "a/finding.trace" becomes "a/finding.min.trace".
[[nodiscard]] std::string default_output(const std::string& file) {
  if (file == "-") return "standard-input.min.trace";
  fs::path path(file);
  const std::string extension = path.extension() == ".trace" ? "" : path.extension().string();
  return path.replace_filename(path.stem().string() + extension + ".min.trace").string();
}

/// Ways to judge alike with fewer options, the plainest first, the given one last.
[[nodiscard]] std::vector<JudgeOptions> plainer(const JudgeOptions& given) {
  std::vector<JudgeOptions> ways;
  for (const bool every : {false, true}) {
    for (const bool at_once : {false, true}) {
      for (const unsigned threads : {1U, given.threads}) {
        JudgeOptions way = given;
        way.check_every = every ? given.check_every : 0;
        way.threads = threads;
        way.at_once = at_once && given.at_once && threads != 1;
        if (threads == 1) way.schedule = JudgeOptions{}.schedule;
        ways.push_back(way);
      }
    }
  }
  return ways;
}

class Minimize {
 public:
  explicit Minimize(const MinimizeArguments& options)
      : options_(options), output_(options.output.empty() ? default_output(options.file) : options.output) {
    std::error_code ignored;
    if (output_ == options.file || fs::equivalent(output_, options.file, ignored))
      throw UsageError("--output: expected another file than the one that is minimised");
  }

  [[nodiscard]] Exit run() {
    Trace trace = read_trace_file(options_.file, options_.input.chosen()).trace;
    const double begin = progress_.seconds();
    std::optional<Finding> first = find_subject(trace);
    if (!first) return nothing_found(trace);
    const double taken = progress_.seconds() - begin;
    first = choose_judge(trace, *first);
    // A candidate gets a part of the time, and the result all of it. That the first one hangs was seen.
    began_ = progress_.seconds();
    const double whole = options_.judge.timeout_seconds;
    const double enough = first->oracle == "hang"
                              ? whole / part_for_hang
                              : std::max(std::clamp(times_first * taken, 1.0, std::max(1.0, whole / 4)),
                                         std::min(whole, times_slow * taken));
    give_part_of_time(std::max(1U, static_cast<unsigned>(whole / enough)));
    Minimized result = minimized(trace, *first);
    std::optional<Finding> shown = shown_by_file(result);
    if (!shown && judge_.part_of_time != 1) {
      // The result was slow and no more.
      give_part_of_time(1);
      result = minimized(trace, *first);
      shown = shown_by_file(result);
    }
    progress_.end_line();
    fmt::print(stderr, "{} in {:.1f} s\n", counted(result.trials, "trial"), progress_.seconds());
    if (!shown)
      throw InputError(
          fmt::format("{}: does not show the finding again: a run is no function of its trace", output_));
    return report(trace, result, *shown);
  }

 private:
  static constexpr double part_for_hang = 50;
  static constexpr double times_first = 20;  ///< a candidate that takes so many times as long may be given up
  static constexpr double times_slow = 2;    ///< so may it where the first takes a good part of the time

  void give_part_of_time(unsigned part) {
    judge_.part_of_time = part;
    const std::string subject = trials_->subject();
    renew_trials(subject, &Interruptions::happened);
  }

  /// `first` is what the trace shows: in a part of the time it may not come to that.
  [[nodiscard]] Minimized minimized(const Trace& trace, const Finding& first) {
    const MinimizeOptions how = {.any_layout = trials_->subject().empty() && !options_.keep_layout,
                                 .own = own_operations_of(trials_->subject()),
                                 .stop = [this] { return enough(); },
                                 .progress = [this](const MinimizeProgress& done) { show(done); }};
    const auto trial = [&](const Trace& candidate) {
      return candidate == trace ? first : trials_->run(candidate);
    };
    return minimize(trace, trial, how).value();
  }

  /// What the file shows that the result is written to, in all of the time; nothing where that is another
  /// finding.
  [[nodiscard]] std::optional<Finding> shown_by_file(const Minimized& result) {
    write_trace(output_, result.trace);
    JudgeOptions judge = judge_;
    judge.part_of_time = 1;
    const std::string subject = trials_->subject();
    // An interrupt ended the search, and what it found is reported all the same.
    trials_.reset();
    std::optional<Finding> finding = Trials(subject, judge, {}).run(read_trace(output_));
    if (finding && cause_of(*finding) != cause_of(result.finding)) finding.reset();
    renew_trials(subject, {});
    return finding;
  }

  [[nodiscard]] bool enough() const {
    return Interruptions::happened() ||
           (options_.seconds != 0 && progress_.seconds() - began_ >= options_.seconds);
  }

  void show(const MinimizeProgress& done) {
    progress_.report(
        fmt::format("{}, {} left", counted(done.trials, "trial"), counted(done.operations, "operation")));
  }

  /// A subject has its own place in the address space: the one before must be gone.
  void renew_trials(const std::string& subject, const std::function<bool()>& give_up) {
    trials_.reset();
    trials_ = std::make_unique<Trials>(subject, judge_, give_up);
  }

  /// Of several subjects the first that the program shows a finding on. Where the subject is named by the
  /// layout, the trace is given that one, so that it needs no name.
  [[nodiscard]] std::optional<Finding> find_subject(Trace& trace) {
    std::vector<std::string> names = options_.subjects.empty() ? adapted_subjects() : options_.subjects;
    if (names.empty()) names.emplace_back();
    std::optional<Finding> finding;
    for (const std::string& name : names) {
      if (adapted_subjects().empty() && name.starts_with("pymalloc:")) {
        trace.layout = layout_named(name.substr(name.find(':') + 1)).value_or(trace.layout);
      }
      renew_trials(name, &Interruptions::happened);
      finding = trials_->run(trace);
      if (finding) break;
    }
    return finding;
  }

  /// The plainest way to judge that shows a finding of the cause of `first`; what it shows.
  [[nodiscard]] Finding choose_judge(const Trace& trace, const Finding& first) {
    const std::string subject = trials_->subject();
    const Cause cause = cause_of(first);
    for (const JudgeOptions& way : plainer(options_.judge)) {
      judge_ = way;
      // A candidate that hangs is none, where the finding is another.
      judge_.less_time_after_hang = cause.oracle != "hang";
      // The plainest way of all is the given one: it was seen.
      if (way.check_every == options_.judge.check_every && way.threads == options_.judge.threads &&
          way.at_once == options_.judge.at_once)
        break;
      renew_trials(subject, &Interruptions::happened);
      std::optional<Finding> finding = trials_->run(trace);
      if (finding && cause_of(*finding) == cause) return *std::move(finding);
    }
    return first;
  }

  [[nodiscard]] Exit nothing_found(const Trace& trace) const {
    Interruptions::obey();
    if (options_.json)
      put(to_text({{"command", "minimize"},
                   {"file", options_.file},
                   {"operations", trace.operations.size()},
                   {"finding", nullptr}}));
    else
      put(fmt::format("{} on {}: nothing found, nothing to minimise\n", options_.file,
                      trials_->subject_for(trace)));
    return Exit::nothing_found;
  }

  [[nodiscard]] Exit report(const Trace& trace, const Minimized& result, const Finding& finding) {
    const Trace written = read_trace(output_);
    const std::string subject = trials_->subject();
    const std::string command = trials_->command_for(output_, finding);
    const std::string on = trials_->subject_for(written);
    const std::string program =
        c::can_be_called(on) && judge_.threads == 1 ? program_command(command, on) : "";
    if (options_.json) {
      nlohmann::ordered_json json = {{"command", "minimize"},
                                     {"file", options_.file},
                                     {"subject", on},
                                     {"operations", trace.operations.size()},
                                     {"minimized", output_},
                                     {"operations_left", written.operations.size()},
                                     {"trials", result.trials},
                                     {"steps", result.steps},
                                     {"at_rest", result.at_rest},
                                     {"seconds", progress_.seconds()},
                                     {"finding", to_json(finding)}};
      if (!program.empty()) json["finding"]["c_program"] = program;
      json["finding"]["reproduce"] = command;
      put(to_text(json));
      return Exit::finding;
    }
    put(fmt::format("{} on {}: {} to {}; {}, {}{}\n{}{}", options_.file, on,
                    counted(trace.operations.size(), "operation"), grouped(written.operations.size()),
                    counted(result.trials, "trial"), counted(result.steps, "improvement"),
                    result.at_rest ? "" : "; stopped before the end", to_string(finding),
                    program.empty() ? "" : report_entry("as C:", program)));
    if (written.operations.size() <= shown_operations) put(to_text(written, own_operations_of(subject)));
    put(command + "\n");
    return Exit::finding;
  }

  const MinimizeArguments& options_;
  std::string output_;
  JudgeOptions judge_ = options_.judge;
  Interruptions interruptions_;
  Progress progress_;
  double began_ = 0;  ///< the minimisation, in seconds of the progress
  std::unique_ptr<Trials> trials_;
};

}  // namespace

void add_minimize(CLI::App& app, Action& action) {
  auto options = std::make_shared<MinimizeArguments>();
  CLI::App* const command =
      app.add_subcommand("minimize", "the fewest operations and simplest sizes that show the same finding");
  command->footer(minimize_examples);
  command
      ->add_option("FILE", options->file,
                   "a trace that shows a finding, in any known form; - is standard input")
      ->required()
      ->option_text(" ");
  add_subject_option(*command, options->subjects,
                     "the allocator that it is about (default: yours, or pymalloc of the trace's layout)");
  command
      ->add_option("-o,--output", options->output, "the file of the result (default: FILE with .min.trace)")
      ->option_text("FILE");
  command->add_option("--seconds", options->seconds, "stop after so many seconds with the best so far")
      ->check(duration())
      ->option_text("S");
  command->add_flag("--keep-layout", options->keep_layout, "stay on the layout that the trace names");
  add_input_options(*command, options->input);
  add_judge_options(*command, options->judge);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, &action] { action = [options] { return Minimize(*options).run(); }; });
}

}  // namespace poolhammer::cli
