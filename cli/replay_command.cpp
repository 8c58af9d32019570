#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/run/last_words.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> subjects;
  std::string format = "auto";
  std::uint64_t check_every = 0;
  std::uint64_t memory_limit_mib = 4096;
  bool raw = false;
  bool every_layout = false;
  bool json = false;
};

/// The files that the arguments name: a folder stands for all files below it, sorted by name.
[[nodiscard]] std::vector<std::string> expand(const std::vector<std::string>& arguments) {
  std::vector<std::string> files;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (!fs::is_directory(argument, ignored)) {
      files.push_back(argument);
      continue;
    }
    std::vector<std::string> inside;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(argument, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_regular_file(ignored)) inside.push_back(entry->path().string());
    }
    if (error) throw InputError(fmt::format("{}: {}", argument, error.message()));
    if (inside.empty()) throw InputError(fmt::format("{}: the folder holds no file", argument));
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

/// Replays files one after the other. A file that cannot be read is said and passed over, so that one bad
/// file hides nothing of the others.
class Replay {
 public:
  explicit Replay(const Options& options)
      : options_(options), format_(options.raw ? TraceFormat::raw : format_named(options.format)) {
    for (const std::string& name : options.subjects) (void)subject(name);
  }

  [[nodiscard]] Exit run() {
    for (const std::string& file : expand(options_.files)) replay_file(file);
    if (options_.json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"command", "replay"}, {"replays", replays_}}.dump(2));
    } else if (replays_.size() > 1 || findings_ > 1) {
      fmt::print("{} replays, {} findings, {} files not readable\n", replays_.size(), findings_, unreadable_);
      if (findings_ > 0) fmt::print("{}\n", last_command_);
    }
    if (findings_ > 0) return Exit::finding;
    return unreadable_ > 0 ? Exit::bad_input : Exit::nothing_found;
  }

 private:
  [[nodiscard]] Subject& subject(const std::string& name) {
    std::unique_ptr<Subject>& known = subjects_[name];
    if (known == nullptr) known = subject_named(name);
    return *known;
  }

  [[nodiscard]] std::vector<std::string> subjects_for(const Trace& trace) const {
    if (!options_.subjects.empty()) return options_.subjects;
    std::vector<std::string> names;
    for (const std::string_view layout : layout_words) {
      if (options_.every_layout || layout == word(trace.layout))
        names.push_back("pymalloc:" + std::string(layout));
    }
    return names;
  }

  void replay_file(const std::string& file) {
    TraceFile read;
    try {
      read = read_trace_file(file, format_);
    } catch (const InputError& error) {
      ++unreadable_;
      std::fflush(stdout);
      fmt::print(stderr, "poolhammer: {}\n", error.what());
      return;
    }
    const std::string remark = to_string(read.report);
    if (!remark.empty()) fmt::print(stderr, "{}: {}\n", file, remark);
    for (const std::string& name : subjects_for(read.trace)) replay(file, read.trace, subject(name));
  }

  void replay(const std::string& file, const Trace& trace, Subject& on) {
    Progress progress;
    RunOptions run_options;
    run_options.check_every = options_.check_every;
    run_options.memory_limit = options_.memory_limit_mib << 20U;
    run_options.progress_every = 1U << 14U;
    run_options.progress = [&](std::uint64_t done) {
      progress.report(static_cast<double>(done) / static_cast<double>(trace.operations.size()),
                      fmt::format("{} operations on {}", grouped(done), on.name()));
    };
    const std::string command = replay_command(file, on.name(), format_ == TraceFormat::raw);
    last_words_.about_file(command);
    const Verdict verdict = poolhammer::run(trace, on, run_options);
    last_words_.nothing();
    progress.end_line();
    const double seconds = progress.seconds();
    if (verdict.statistics.operations >= 100'000) {
      fmt::print(
          stderr, "{} operations in {:.2f} s: {} a second\n", grouped(verdict.statistics.operations), seconds,
          grouped(static_cast<std::uint64_t>(static_cast<double>(verdict.statistics.operations) / seconds)));
    }
    add(file, on, verdict, command);
  }

  void add(const std::string& file, const Subject& on, const Verdict& verdict, const std::string& command) {
    if (verdict.finding) {
      ++findings_;
      last_command_ = command;
    }
    nlohmann::ordered_json json = {{"file", file},
                                   {"subject", on.name()},
                                   {"statistics", to_json(verdict.statistics)},
                                   {"finding", nullptr}};
    if (verdict.finding) {
      json["finding"] = to_json(*verdict.finding);
      json["finding"]["reproduce"] = command;
    }
    replays_.push_back(std::move(json));
    if (options_.json) return;
    const RunStatistics& s = verdict.statistics;
    fmt::print(
        "{} on {}: {} operations ({} skipped, {} refused), {} full checks, at most {} blocks live: {}\n",
        file, on.name(), s.operations, s.skipped, s.refused, s.checks, s.peak_live_blocks,
        verdict.finding ? "1 finding" : "nothing found");
    if (verdict.finding) fmt::print("{}\n{}\n", to_string(*verdict.finding), command);
  }

  const Options& options_;
  TraceFormat format_;
  LastWords last_words_{""};
  std::map<std::string, std::unique_ptr<Subject>> subjects_;
  std::vector<nlohmann::ordered_json> replays_;
  std::string last_command_;
  std::uint64_t findings_ = 0;
  std::uint64_t unreadable_ = 0;
};

}  // namespace

void add_replay(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("replay", "run corpus, crash or trace files again and explain what breaks");
  command->add_option("FILE", options->files, "files or folders; - is standard input")->required();
  command->add_option("--subject", options->subjects,
                      "replay on this instead of the layout that the trace names; may be repeated");
  command->add_flag("--every-layout", options->every_layout, "replay on each layout of the home allocator");
  command
      ->add_option("--format", options->format, "auto, binary, text, raw, rep, logalloc, mtrace or valgrind")
      ->capture_default_str();
  command->add_flag("--raw", options->raw, "take any bytes as a fuzzer's input, whatever their header says");
  command
      ->add_option("--check-every", options->check_every,
                   "check every invariant after so many operations; 0: at check points and the end")
      ->capture_default_str();
  command
      ->add_option("--memory-limit", options->memory_limit_mib,
                   "MiB that may be live; larger requests are skipped")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 30U))
      ->capture_default_str();
  command->add_flag("--json", options->json, "give the result as JSON");
  command->callback([options, &action] { action = [options] { return Replay(*options).run(); }; });
}

}  // namespace poolhammer::cli
