#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/causes.hpp"
#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/interruptions.hpp"
#include "cli/options.hpp"
#include "harness/base/scan.hpp"
#include "harness/explore/explorer.hpp"
#include "harness/report/crash_reporter.hpp"
#include "harness/run/finding_at.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

constexpr const char* explore_examples = R"(Examples:
  poolhammer explore                                    all that one arena of the tiny layout can do
  poolhammer explore --arenas 2 --classes 2             two arenas, the two largest classes
  poolhammer explore --placement misaligned --failures  arenas on no pool boundary, requests refused
  poolhammer explore --arenas 3 --depth 12              every program of up to 12 steps
  poolhammer explore --without realloc                  what is known to be broken left out
  poolhammer explore --keep-going                       every cause once, with a shortest program of each

Programs are taken shortest first, so that a finding is a shortest one: it is written to the folder of
--artifacts, and the last line printed is the command that shows it again.)";

constexpr std::array<std::string_view, 4> explored_placements = {
    word(pymalloc::Placement::up), word(pymalloc::Placement::misaligned), word(pymalloc::Placement::adjacent),
    word(pymalloc::Placement::touching)};
/// Judging one program takes microseconds.
constexpr unsigned hang_seconds = 60;
/// A finding may be seen by a check: the replay looks as often.
constexpr const char* replay_options = "--check-every 1";

struct ExploreArguments {
  std::string layout{universe_layouts().front()};
  std::string classes;
  std::string placement{explored_placements.front()};
  UniverseOptions universe;
  std::uint32_t depth = 0;  ///< 0: no limit
  std::uint64_t memory_mib = 1024;
  double seconds = 0;  ///< 0: no limit
  GoOnOptions go_on;
  std::filesystem::path artifacts = ".";
  bool json = false;
};

/// The block sizes that --classes names: a list of them, or how many of the largest.
[[nodiscard]] std::vector<std::uint32_t> chosen_classes(const std::string& layout, const std::string& text) {
  std::vector<std::uint32_t> all = class_sizes(layout);
  if (text.empty()) return all;
  std::vector<std::uint32_t> chosen;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto number = parse_decimal(std::string_view(text).substr(begin, end - begin));
    const bool alone = begin == 0 && end == text.size();
    if (alone && number && *number >= 1 && *number <= all.size())
      return {all.end() - static_cast<std::ptrdiff_t>(*number), all.end()};
    if (!number || std::find(all.begin(), all.end(), *number) == all.end()) {
      throw UsageError(fmt::format("--classes: expected some of {}, or how many of them, found {}",
                                   fmt::join(all, ","), in_quotes(text)));
    }
    chosen.push_back(static_cast<std::uint32_t>(*number));
    begin = end + 1;
  }
  std::sort(chosen.begin(), chosen.end());
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  return chosen;
}

constexpr std::array<std::string_view, 4> explored_words = {"malloc", "calloc", "realloc", "free"};

[[nodiscard]] std::vector<std::string_view> words_of(std::span<const OperationKind> kinds) {
  std::vector<std::string_view> words;
  for (const OperationKind kind : kinds) words.push_back(word(kind));
  return words;
}

/// A function that programs do without, once, however often it is named.
void leave_out(const std::string& name, std::vector<OperationKind>& without) {
  using enum OperationKind;
  for (const OperationKind kind : {malloc, calloc, realloc, free}) {
    if (word(kind) == name && std::ranges::find(without, kind) == without.end()) without.push_back(kind);
  }
}

[[nodiscard]] std::string_view reason(ExploreEnd end) {
  switch (end) {
    case ExploreEnd::exhausted:
      return "exhausted";
    case ExploreEnd::depth:
      return "stopped at the limit of --depth";
    case ExploreEnd::memory:
      return "stopped at the limit of --memory";
    case ExploreEnd::stopped:
      return "stopped at the limit of --seconds";
    case ExploreEnd::finding:
      return "stopped at a finding";
  }
  return "";
}

class Exploration {
 public:
  explicit Exploration(const ExploreArguments& options)
      : options_(options),
        subject_name_("pymalloc:" + options.layout),
        crash_reporter_(options.artifacts / "", replay_options),
        causes_(options.go_on) {
    crash_reporter_.call_it_a_hang_after(hang_seconds);
    if (options.go_on.goes_on()) interruptions_.emplace();
  }

  [[nodiscard]] Exit run() {
    const std::unique_ptr<Universe> universe = make_universe(options_.layout, options_.universe);
    result_ = explore(*universe, limits());
    crash_reporter_.nothing();
    seconds_ = progress_.seconds();
    progress_.end_line();
    report();
    if (causes_.write_known()) return Exit::nothing_found;
    if (causes_.news()) return Exit::finding;
    hand_out();
    Interruptions::obey();
    return Exit::nothing_found;
  }

 private:
  [[nodiscard]] ExploreOptions limits() {
    ExploreOptions limits;
    if (options_.depth != 0) limits.depth = options_.depth;
    limits.memory = options_.memory_mib << 20U;
    limits.go_on = [this](const ExploreProgress& now) {
      // Looking at the clock and at the terminal takes longer than a step.
      if (++asked_ % 256 != 0) return true;
      progress_.report(fmt::format("depth {}, {}, {}", now.depth, counted(now.states, "state"),
                                   counted(now.transitions, "transition")));
      if (Interruptions::happened()) return false;
      return options_.seconds == 0 || progress_.seconds() < options_.seconds;
    };
    limits.reached = [this](const std::vector<Operation>& program) {
      crash_reporter_.about({LayoutId::tiny, program}, subject_name_);
    };
    limits.about_to = [this](const std::vector<Operation>& more) { crash_reporter_.about_more(more); };
    limits.pass_by = [this](const ExploreFinding& found) { return passes_by(found); };
    return limits;
  }

  /// Takes a finding, writes its program, and says whether the exploration goes on.
  [[nodiscard]] bool passes_by(const ExploreFinding& found) {
    const Trace trace{LayoutId::tiny, found.program};
    Causes::Row* const row = causes_.add(subject_name_, trace, finding_of(found));
    if (row == nullptr) return true;
    progress_.end_line();
    row->file = crash_reporter_.file_for(trace);
    Causes::keep_program(*row, trace);
    const bool goes_on = causes_.passes_by(*row);
    if (goes_on) fmt::print(stderr, "{}: {}: {}\n", row->subject, row->cause, row->finding.operation);
    programs_.push_back(trace);
    return goes_on;
  }

  /// Where the replay of a program shows a finding too, that is how to see it again; where it needs the
  /// limits of this universe, this exploration is.
  void report() {
    std::vector<Causes::Row>& rows = causes_.rows();
    if (!options_.json && rows.empty()) fmt::print(stderr, "{}\n", cost());
    if (!options_.json) put(summary(rows.empty() ? "nothing found" : counted(rows.size(), "finding")));
    for (std::size_t index = 0; index < rows.size(); ++index) {
      Causes::Row& row = rows[index];
      const Trace& trace = programs_[index];
      if (!options_.json) put(causes_.to_text(row) + program_text(trace, index == 0));
      const bool by_replay = !row.file.empty() && shown_by_replay(trace);
      row.command = by_replay ? crash_reporter_.command_for(row.file, trace, subject_name_) : own_command();
      if (!options_.json) put(row.command + "\n");
    }
    if (options_.json) put(to_text(json_summary()));
  }

  [[nodiscard]] static std::string program_text(const Trace& trace, bool shortest) {
    std::string text =
        fmt::format("  no shorter program shows {} than this of {}:\n",
                    shortest ? "any finding" : "this cause", counted(trace.operations.size(), "operation"));
    for (const Operation& operation : trace.operations) text += "    " + to_text(operation) + "\n";
    return text;
  }

  [[nodiscard]] static Finding finding_of(const ExploreFinding& found) {
    const Trace trace{LayoutId::tiny, found.program};
    const std::size_t length = trace.operations.size();
    if (found.at_end) return finding_at(trace, length, std::string(finding_at_teardown), found.complaint);
    return finding_at(trace, length - 1, to_text(trace.operations.back()), found.complaint);
  }

  [[nodiscard]] bool shown_by_replay(const Trace& trace) {
    const std::unique_ptr<Subject> subject = make_subject(subject_name_);
    if (subject == nullptr) return false;
    // The replay may die of it, which is a finding too: what was found first stands above.
    hand_out();
    crash_reporter_.about(trace, subject_name_);
    RunOptions options;
    options.check_every = 1;
    const Verdict verdict = poolhammer::run(trace, *subject, options);
    crash_reporter_.nothing();
    return verdict.finding.has_value();
  }

  [[nodiscard]] std::string own_command() const {
    std::string command =
        fmt::format("poolhammer explore --layout {} --classes {} --arenas {} --raw-blocks {} --placement {}",
                    options_.layout, fmt::join(options_.universe.classes, ","), options_.universe.arenas,
                    options_.universe.raw_blocks, options_.placement);
    if (options_.universe.failures) command += " --failures";
    if (options_.universe.exact) command += " --exact";
    for (const OperationKind kind : options_.universe.without)
      command += fmt::format(" --without {}", word(kind));
    if (options_.depth != 0) command += fmt::format(" --depth {}", options_.depth);
    return command + to_words(options_.go_on);
  }

  [[nodiscard]] std::string space() const {
    return fmt::format("{}, classes {}, {} {}, up to {}{}{}", options_.layout,
                       fmt::join(options_.universe.classes, " "), counted(options_.universe.arenas, "arena"),
                       options_.placement, counted(options_.universe.raw_blocks, "raw block"),
                       options_.universe.failures ? ", with failures" : "",
                       options_.universe.exact ? ", exact" : "") +
           without();
  }
  [[nodiscard]] std::string without() const {
    std::string words;
    for (const OperationKind kind : options_.universe.without)
      words += fmt::format("{}{}", words.empty() ? ", without " : " and ", word(kind));
    return words;
  }
  [[nodiscard]] std::string summary(std::string_view found) const {
    return fmt::format("{}: {}, {}, depth {}, {}: {}\n", space(), counted(result_.progress.states, "state"),
                       counted(result_.progress.transitions, "transition"), result_.progress.depth,
                       reason(result_.end), found);
  }
  [[nodiscard]] std::string cost() const {
    const auto rate = [this](std::uint64_t count) {
      return grouped(static_cast<std::uint64_t>(static_cast<double>(count) / std::max(seconds_, 1e-3)));
    };
    return fmt::format(
        "{:.1f} s: {} states and {} transitions a second, {} MiB; the chance that two states were taken for "
        "one is below {:.0e}",
        seconds_, rate(result_.progress.states), rate(result_.progress.transitions),
        (result_.progress.bytes >> 20U) + 1, collision_chance());
  }
  /// Of any two different states, for digests as good as random.
  [[nodiscard]] double collision_chance() const {
    const auto states = static_cast<double>(result_.progress.states);
    return std::ldexp(states * (states + 1) / 2, -64);
  }

  [[nodiscard]] nlohmann::ordered_json json_summary() const {
    const ExploreProgress& progress = result_.progress;
    return {{"command", "explore"},
            {"layout", options_.layout},
            {"classes", options_.universe.classes},
            {"arenas", options_.universe.arenas},
            {"raw_blocks", options_.universe.raw_blocks},
            {"placement", options_.placement},
            {"failures", options_.universe.failures},
            {"exact", options_.universe.exact},
            {"without", words_of(options_.universe.without)},
            {"states", progress.states},
            {"transitions", progress.transitions},
            {"depth", progress.depth},
            {"exhausted", result_.end == ExploreEnd::exhausted},
            {"end", reason(result_.end)},
            {"seconds", seconds_},
            {"bytes", progress.bytes},
            {"collision_chance", collision_chance()},
            {"finding", causes_.first_as_json()},
            {"findings", causes_.as_json()}};
  }

  const ExploreArguments& options_;
  std::string subject_name_;
  CrashReporter crash_reporter_;
  Causes causes_;
  std::vector<Trace> programs_;                 ///< of each row of the causes
  std::optional<Interruptions> interruptions_;  ///< of an exploration that goes on
  Progress progress_;
  ExploreResult result_;
  double seconds_ = 0;
  std::uint64_t asked_ = 0;
};

void add_space_options(CLI::App& command, ExploreArguments& options) {
  command.add_option("--layout", options.layout, "which tiny layout: " + alternatives(universe_layouts()))
      ->check(one_of(universe_layouts()))
      ->option_text("LAYOUT");
  command
      .add_option("--classes", options.classes,
                  "block sizes to ask for, such as 32,96, or how many of the largest (default: all)")
      ->option_text("LIST");
  command.add_option("--arenas", options.universe.arenas, "the source gives no more at a time (default 1)")
      ->check(whole_number(1, UniverseOptions::most_arenas))
      ->option_text("N");
  command
      .add_option("--raw-blocks", options.universe.raw_blocks,
                  "explore after states with at most N live blocks of the raw allocator (default 1)")
      ->check(whole_number(0, UniverseOptions::most_raw_blocks))
      ->option_text("N");
  command
      .add_option("--placement", options.placement,
                  "where arenas lie: " + alternatives(explored_placements) + " (default up)")
      ->check(one_of(explored_placements))
      ->option_text("WORD");
  command.add_flag("--failures", options.universe.failures,
                   "also refuse requests for arenas, tables and raw blocks");
  command.add_flag("--exact", options.universe.exact,
                   "tell states apart by every address and the order of every free list");
  command
      .add_option_function<std::vector<std::string>>(
          "--without",
          [&options](const std::vector<std::string>& names) {
            for (const std::string& name : names) leave_out(name, options.universe.without);
          },
          fmt::format("a function that programs do without: {}; may be repeated",
                      alternatives(explored_words)))
      ->allow_extra_args(false)
      ->check(one_of(explored_words))
      ->option_text("FUNCTION");
}

void add_limits(CLI::App& command, ExploreArguments& options) {
  command.add_option("--depth", options.depth, "programs of so many steps at most (default: no limit)")
      ->check(whole_number(1, 100'000))
      ->option_text("N");
  command
      .add_option("--memory", options.memory_mib,
                  "stop before the states take more than so many MiB (default 1024)")
      ->check(whole_number(1, std::uint64_t{1} << 30U))
      ->option_text("MIB");
  command.add_option("--seconds", options.seconds, "stop after so many seconds (default: no limit)")
      ->check(duration())
      ->option_text("S");
}

}  // namespace

void add_explore(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExploreArguments>();
  CLI::App* const command = app.add_subcommand(
      "explore", "every program on a tiny heap, shortest first, all oracles at every step");
  command->footer(explore_examples);
  add_space_options(*command, *options);
  add_limits(*command, *options);
  add_go_on_options(*command, options->go_on);
  add_artifacts_option(*command, options->artifacts);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, &action] {
    action = [options] {
      options->universe.classes = chosen_classes(options->layout, options->classes);
      options->universe.placement = *pymalloc::placement_named(options->placement);
      return Exploration(*options).run();
    };
  });
}

}  // namespace poolhammer::cli
