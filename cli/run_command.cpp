#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "harness/run/last_words.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/random.hpp"

namespace poolhammer::cli {
namespace {

struct Options {
  std::vector<std::string> subjects;
  double seconds = 0;
  std::uint64_t operations = 0;
  std::uint64_t seed = 1;
  std::size_t length = 1000;
  std::uint64_t check_every = 64;
  std::filesystem::path artifacts = ".";
  bool json = false;
};

[[nodiscard]] LayoutId layout_of(const Subject& subject) {
  const std::string_view name = subject.name();
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    if (const auto layout = layout_named(name.substr(colon + 1))) return *layout;
  }
  return LayoutId::classic;
}

/// Random programs, one after the other, until the time or the number of operations is used up, or one finds
/// something.
class Hammer {
 public:
  explicit Hammer(const Options& options) : options_(options), last_words_(options.artifacts / "") {
    for (const std::string& name : options.subjects) subjects_.push_back(subject_named(name));
  }

  [[nodiscard]] Exit run() {
    RunOptions run_options;
    run_options.check_every = options_.check_every;
    run_options.memory_limit = std::uint64_t{64} << 20U;
    while (!done()) {
      Subject& subject = *subjects_[programs_ % subjects_.size()];
      Random random(options_.seed + programs_ * 0x9E37'79B9'7F4A'7C15U);
      const Trace trace = generate(random, {.operations = options_.length, .layout = layout_of(subject)});
      last_words_.about(trace, subject.name());
      const Verdict verdict = poolhammer::run(trace, subject, run_options);
      ++programs_;
      operations_ += verdict.statistics.operations;
      if (verdict.finding) return report(trace, subject, *verdict.finding);
      progress_.report(share(),
                       fmt::format("{} programs, {} operations", grouped(programs_), grouped(operations_)));
    }
    progress_.end_line();
    summary(nullptr, {}, {});
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

  [[nodiscard]] Exit report(const Trace& trace, const Subject& subject, const Finding& finding) {
    progress_.end_line();
    const std::string file = last_words_.file_for(trace);
    write_trace(file, trace);
    const std::string command = last_words_.command_for(file, trace, subject.name());
    summary(&finding, file, command);
    if (!options_.json) fmt::print("{}\n{}\n", to_string(finding), command);
    return Exit::finding;
  }

  void summary(const Finding* finding, const std::string& file, const std::string& command) const {
    if (!options_.json) {
      fmt::print("{} programs, {} operations, seed {}, {}\n", grouped(programs_), grouped(operations_),
                 options_.seed, finding == nullptr ? "nothing found" : "1 finding");
      return;
    }
    nlohmann::ordered_json json = {{"command", "run"},          {"subjects", options_.subjects},
                                   {"seed", options_.seed},     {"programs", programs_},
                                   {"operations", operations_}, {"seconds", progress_.seconds()},
                                   {"finding", nullptr}};
    if (finding != nullptr) {
      json["finding"] = to_json(*finding);
      json["finding"]["trace"] = file;
      json["finding"]["reproduce"] = command;
    }
    fmt::print("{}\n", json.dump(2));
  }

  const Options& options_;
  LastWords last_words_;
  std::vector<std::unique_ptr<Subject>> subjects_;
  Progress progress_;
  std::uint64_t programs_ = 0;
  std::uint64_t operations_ = 0;
};

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("run", "hammer with random programs, on any compiler and without a fuzzing engine");
  command->add_option(
      "--subject", options->subjects,
      "the allocator to hammer; given several times: in turn (default: the home allocator's four layouts)");
  auto* const seconds =
      command->add_option("--seconds", options->seconds, "stop after so many seconds (default: 10)")
          ->check(CLI::PositiveNumber);
  command->add_option("--operations", options->operations, "stop after so many operations instead")
      ->check(CLI::PositiveNumber)
      ->excludes(seconds);
  command->add_option("--seed", options->seed, "where the random programs start")->capture_default_str();
  command->add_option("--length", options->length, "operations of each program")
      ->check(CLI::Range(1U, 10'000'000U))
      ->capture_default_str();
  command
      ->add_option("--check-every", options->check_every,
                   "check every invariant after so many operations; 0: at the end")
      ->capture_default_str();
  command->add_option("--artifacts", options->artifacts, "the folder where a finding's trace is written")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  command->add_flag("--json", options->json, "give the result as JSON");
  command->callback([options, &action] {
    action = [options] {
      if (options->operations == 0 && options->seconds == 0) options->seconds = 10;
      if (options->subjects.empty()) {
        for (const std::string_view layout : layout_words)
          options->subjects.push_back("pymalloc:" + std::string(layout));
      }
      return Hammer(*options).run();
    };
  });
}

}  // namespace poolhammer::cli
