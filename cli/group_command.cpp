#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/files.hpp"
#include "cli/interruptions.hpp"
#include "cli/options.hpp"
#include "cli/trials.hpp"
#include "harness/report/commands.hpp"
#include "harness/run/cause.hpp"
#include "harness/run/minimize.hpp"
#include "harness/run/program_shape.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* group_examples = R"(Examples:
  poolhammer group crashes                              which bugs the files of a folder show
  poolhammer group crashes --raw                        a fuzzing engine's crash files
  poolhammer group crashes --shortest found             writes the shortest program of each group to the folder found
  poolhammer group crashes --subject lib:libfoo.so      of any library

Files are of one group where the same oracle and invariant speaks, and the shortest program that it speaks of has
the same form: the same calls, whatever the exact sizes. Each file is minimised as far as --trials allows.)";

struct GroupArguments {
  std::vector<std::string> files;
  std::vector<std::string> subjects;
  std::uint64_t trials = 3000;
  std::string shortest;  ///< a folder; empty: none
  InputOptions input;
  JudgeOptions judge{.oracles = {}, .timeout_seconds = trial_seconds, .against = {}};
  bool json = false;
};

/// Files of one cause.
struct Group {
  std::vector<std::string> files;
  std::string smallest;  ///< of the files, the one of the fewest operations, the first by name of several
  std::size_t operations = 0;
  Trace shortest;  ///< program of any of them
  Finding finding;
  std::string command;  ///< that shows the smallest file again
};

/// What tells groups apart: the cause in words, and the form of the shortest program.
using Key = std::pair<std::string, std::string>;

class Grouping {
 public:
  explicit Grouping(const GroupArguments& options) : options_(options) {
    std::error_code ignored;
    if (!options.shortest.empty() && !fs::is_directory(options.shortest, ignored))
      throw UsageError(fmt::format("--shortest: {} is no folder", options.shortest));
    std::vector<std::string> names = options.subjects.empty() ? adapted_subjects() : options.subjects;
    if (names.size() > 1) throw UsageError("--subject: expected one subject, as groups are of one");
    trials_ = std::make_unique<Trials>(names.empty() ? std::string() : names.front(), options.judge,
                                       [] { return Interruptions::happened(); });
  }

  [[nodiscard]] Exit run() {
    std::vector<std::string> files;
    for (const std::string& argument : options_.files) {
      try {
        for (std::string& file : trace_files(argument)) files.push_back(std::move(file));
      } catch (const InputError& error) {
        pass_over(argument, error);
      }
    }
    for (std::size_t i = 0; i < files.size() && !Interruptions::happened(); ++i) {
      take(files[i]);
      progress_.report(static_cast<double>(i + 1) / static_cast<double>(files.size()),
                       fmt::format("{}, {}", counted(i + 1, "file"), counted(groups_.size(), "group")));
    }
    progress_.end_line();
    fmt::print(stderr, "{} in {:.1f} s\n", counted(files.size(), "file"), progress_.seconds());
    keep_shortest();
    put(options_.json ? to_text(as_json()) : as_text());
    if (!groups_.empty()) return Exit::finding;
    return unreadable_.empty() ? Exit::nothing_found : Exit::bad_input;
  }

 private:
  void pass_over(const std::string& file, const InputError& error) {
    unreadable_.push_back({{"file", file}, {"error", error.what()}});
    complain(error.what());
  }

  void take(const std::string& file) {
    Trace trace;
    try {
      trace = read_trace_file(file, options_.input.chosen()).trace;
    } catch (const InputError& error) {
      return pass_over(file, error);
    }
    const MinimizeOptions how = {.most_trials = options_.trials,
                                 .any_layout = trials_->subject().empty(),
                                 .stop = [] { return Interruptions::happened(); },
                                 .progress = {},
                                 .improved = {}};
    const auto result = minimize(
        trace, [this](const Trace& candidate) { return trials_->run(candidate); }, how);
    if (!result) {
      // A run that an interrupt ended found nothing for that reason.
      if (!Interruptions::happened()) sound_.push_back(file);
      return;
    }
    ended_early_ += result->at_rest ? 0 : 1;
    add(file, trace, *result);
  }

  void add(const std::string& file, const Trace& trace, const Minimized& result) {
    Group& group = groups_[{to_string(cause_of(result.finding)), program_shape(result.trace)}];
    const bool first = group.files.empty();
    group.files.push_back(file);
    if (first || trace.operations.size() < group.operations) {
      group.smallest = file;
      group.operations = trace.operations.size();
      group.command = trials_->command_for(file, result.finding, input_words());
    }
    if (first || result.trace.operations.size() < group.shortest.operations.size()) {
      group.shortest = result.trace;
      group.finding = result.finding;
    }
  }

  [[nodiscard]] std::string input_words() const {
    const TraceFormat format = options_.input.chosen();
    if (format == TraceFormat::automatic) return "";
    return format == TraceFormat::raw ? "--raw" : fmt::format("--format {}", word(format));
  }

  [[nodiscard]] std::string shortest_file(const Group& group) const {
    return (fs::path(options_.shortest) / finding_file_name(group.shortest)).string();
  }

  void keep_shortest() const {
    if (options_.shortest.empty()) return;
    for (const auto& [key, group] : groups_) write_trace(shortest_file(group), group.shortest);
  }

  /// The largest group first.
  [[nodiscard]] std::vector<std::pair<Key, const Group*>> sorted() const {
    std::vector<std::pair<Key, const Group*>> rows;
    for (const auto& [key, group] : groups_) rows.emplace_back(key, &group);
    std::stable_sort(rows.begin(), rows.end(), [](const auto& left, const auto& right) {
      return left.second->files.size() > right.second->files.size();
    });
    return rows;
  }

  [[nodiscard]] std::string as_text() const {
    std::string text;
    std::size_t files = sound_.size();
    for (const auto& [key, group] : sorted()) {
      files += group->files.size();
      text += fmt::format("{}: {}\n  program:  {}\n  smallest: {}, {}\n", key.first,
                          counted(group->files.size(), "file"), key.second, group->smallest,
                          counted(group->operations, "operation"));
      if (!options_.shortest.empty())
        text += fmt::format("  shortest: {}, {}\n", shortest_file(*group),
                            counted(group->shortest.operations.size(), "operation"));
      text += fmt::format("  {}\n", group->command);
    }
    if (!sound_.empty()) {
      text += fmt::format("nothing found: {}\n  {}{}\n", counted(sound_.size(), "file"), sound_.front(),
                          sound_.size() == 1 ? "" : fmt::format(" and {} more", sound_.size() - 1));
    }
    return text +
           fmt::format("{} of {}{}{}\n", counted(groups_.size(), "group"), counted(files, "file"),
                       unreadable_.empty()
                           ? ""
                           : fmt::format(", {} could not be read", counted(unreadable_.size(), "file")),
                       ended_early_ == 0
                           ? ""
                           : fmt::format(", {} not minimised to the end", counted(ended_early_, "file")));
  }

  [[nodiscard]] nlohmann::ordered_json as_json() const {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& [key, group] : sorted()) {
      nlohmann::ordered_json row = {{"cause", key.first},
                                    {"program", key.second},
                                    {"files", group->files},
                                    {"smallest", group->smallest},
                                    {"operations", group->operations},
                                    {"shortest_operations", group->shortest.operations.size()},
                                    {"finding", to_json(group->finding)},
                                    {"reproduce", group->command}};
      if (!options_.shortest.empty()) row["shortest"] = shortest_file(*group);
      rows.push_back(std::move(row));
    }
    return {{"command", "group"},
            {"groups", std::move(rows)},
            {"nothing_found", sound_},
            {"unreadable", unreadable_},
            {"not_minimised_to_the_end", ended_early_},
            {"seconds", progress_.seconds()}};
  }

  const GroupArguments& options_;
  Interruptions interruptions_;
  Progress progress_;
  std::unique_ptr<Trials> trials_;
  std::map<Key, Group> groups_;
  std::vector<std::string> sound_;  ///< files that show nothing
  std::vector<nlohmann::ordered_json> unreadable_;
  std::uint64_t ended_early_ = 0;
};

}  // namespace

void add_group(CLI::App& app, Action& action) {
  auto options = std::make_shared<GroupArguments>();
  CLI::App* const command =
      app.add_subcommand("group", "sort crash or trace files by the bug that they show");
  command->footer(group_examples);
  add_files_option(*command, options->files);
  add_subject_option(
      *command, options->subjects,
      "the allocator that they are about (default: yours, or pymalloc of each trace's layout)");
  command
      ->add_option("--trials", options->trials,
                   fmt::format("run at most so many programs for each file (default {})", options->trials))
      ->check(whole_number(1))
      ->option_text("N");
  command->add_option("--shortest", options->shortest, "a folder for the shortest program of each group")
      ->option_text("FOLDER");
  add_input_options(*command, options->input);
  add_judge_options(*command, options->judge);
  add_json_option(*command, options->json, "give the result as JSON");
  command->callback([options, &action] { action = [options] { return Grouping(*options).run(); }; });
}

}  // namespace poolhammer::cli
