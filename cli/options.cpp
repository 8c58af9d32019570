#include "cli/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "harness/base/descriptor.hpp"
#include "harness/base/scan.hpp"
#include "harness/library/board.hpp"
#include "harness/oracles/call_clauses.hpp"

namespace poolhammer::cli {

CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  const bool bounded = most != std::numeric_limits<std::uint64_t>::max();
  const std::string expected = bounded      ? fmt::format("a whole number from {} to {}", least, most)
                               : least == 0 ? "a whole number"
                                            : fmt::format("a whole number, {} or more", least);
  return {[=](const std::string& text) {
            const auto number = parse_decimal(text);
            if (number && *number >= least && *number <= most) return std::string();
            return fmt::format("expected {}, found {}", expected, in_quotes(text));
          },
          ""};
}

CLI::Validator duration() {
  return {[](const std::string& text) {
            char* end = nullptr;
            const double seconds = std::strtod(text.c_str(), &end);
            if (!text.empty() && *end == '\0' && std::isfinite(seconds) && seconds > 0) return std::string();
            return fmt::format("expected a number of seconds above 0, found {}", in_quotes(text));
          },
          ""};
}

std::string alternatives(std::span<const std::string_view> words) {
  return fmt::format("{} or {}", fmt::join(words.first(words.size() - 1), ", "), words.back());
}

CLI::Validator one_of(std::span<const std::string_view> words) {
  return {[words](const std::string& text) {
            if (std::find(words.begin(), words.end(), text) != words.end()) return std::string();
            return fmt::format("expected {}, found {}", alternatives(words), in_quotes(text));
          },
          ""};
}

std::string shown_name(const std::string& file) {
  return file == "-" ? "standard input" : shown(file);
}

void add_interesting_option(CLI::App& command, std::vector<std::uint64_t>& sizes) {
  command
      .add_option("--interesting", sizes,
                  "a size in bytes that programs ask for more often, with its neighbours; may be repeated")
      ->allow_extra_args(false)
      ->check(whole_number(1))
      ->option_text("SIZE");
}

void add_coalesces_option(CLI::App& command, bool& coalesces) {
  command.add_flag("--coalesces", coalesces,
                   "the allocator promises to join what is freed: what fitted fits again once all is freed");
}

void add_input_options(CLI::App& command, InputOptions& options, std::span<const std::string_view> more) {
  const CLI::Validator known = one_of(trace_format_words());
  CLI::Option* const format =
      command
          .add_option("--format", options.format,
                      "the form of the input: " + alternatives(trace_format_words()) +
                          (more.empty() ? "" : fmt::format("; {}: --as", fmt::join(more, "|"))))
          ->check(CLI::Validator(
              [more, known](std::string& text) {
                return std::find(more.begin(), more.end(), text) != more.end() ? std::string() : known(text);
              },
              ""))
          ->option_text("FORM");
  command
      .add_flag("--raw", options.raw,
                "the same as --format raw: any bytes are a trace, as a fuzzing engine gives them")
      ->excludes(format);
}

std::string JudgeOptions::replay_options() const {
  const JudgeOptions replay;
  std::vector<std::string> words;
  if (check_every != replay.check_every) words.push_back(fmt::format("--check-every {}", check_every));
  if (memory_limit_mib != replay.memory_limit_mib)
    words.push_back(fmt::format("--memory-limit {}", memory_limit_mib));
  if (oracles != replay.oracles) words.push_back(fmt::format("--oracles {}", to_string(oracles)));
  for (const std::string& clause : accepted) words.push_back(fmt::format("--accept {}", clause));
  if (coalesces) words.emplace_back("--coalesces");
  if (timeout_seconds != replay.timeout_seconds)
    words.push_back(fmt::format("--timeout {}", timeout_seconds));
  if (!against.empty()) words.push_back(fmt::format("--against {}", against));
  if (placements) words.emplace_back("--placements");
  if (threads != replay.threads) words.push_back(fmt::format("--threads {}", threads));
  if (at_once) words.emplace_back("--at-once");
  if (schedule != replay.schedule) words.push_back(fmt::format("--schedule {}", schedule));
  if (resident_limit_mib != replay.resident_limit_mib)
    words.push_back(fmt::format("--resident-limit {}", resident_limit_mib));
  return fmt::format("{}", fmt::join(words, " "));
}

void JudgeOptions::apply(RunOptions& options) const {
  options.check_every = check_every;
  options.memory_limit = memory_limit_mib << 20U;
  options.oracles = oracles;
  options.accepted = accepted;
  options.coalesces = coalesces;
}

namespace {

void add_library_options(CLI::App& command, JudgeOptions& options) {
  constexpr const char* group = "Of libraries (lib:...)";
  CLI::Option* const threads =
      command
          .add_option("--threads", options.threads,
                      "so many threads perform the calls, one at a time, and free each other's blocks")
          ->check(whole_number(1, library::most_threads))
          ->option_text("N")
          ->group(group);
  command
      .add_flag("--at-once", options.at_once,
                "with --threads: cut the program into a part for each thread, and run them at the same time")
      ->needs(threads)
      ->group(group);
  command
      .add_option("--schedule", options.schedule,
                  "with --threads: which thread performs which call: any number (default 1)")
      ->check(whole_number(0))
      ->needs(threads)
      ->option_text("N")
      ->group(group);
  command
      .add_option(
          "--resident-limit", options.resident_limit_mib,
          fmt::format(
              "a process that holds so many MiB more than four times its program's is a finding (default {})",
              options.resident_limit_mib))
      ->check(whole_number(1, std::uint64_t{1} << 30U))
      ->option_text("MIB")
      ->group(group);
}

}  // namespace

void add_judge_options(CLI::App& command, JudgeOptions& options) {
  command
      .add_option(
          "--check-every", options.check_every,
          fmt::format("look at everything after every N operations; 0: at check points and the end only"
                      " (default {})",
                      options.check_every))
      ->check(whole_number(0))
      ->option_text("N");
  command
      .add_option("--memory-limit", options.memory_limit_mib,
                  fmt::format("skip what would take the live blocks above so many MiB (default {})",
                              options.memory_limit_mib))
      ->check(whole_number(1, std::uint64_t{1} << 30U))
      ->option_text("MIB");
  command
      .add_option_function<std::string>(
          "--oracles", [&options](const std::string& words) { options.oracles = *oracles_named(words); },
          "who judges: shadow, invariants, local, model, poison, contract, with commas; all (default); or "
          "none")
      ->check(CLI::Validator(
          [](const std::string& words) {
            if (oracles_named(words)) return std::string();
            return fmt::format(
                "expected a list of shadow, invariants, local, model, poison, contract, or all, or none, "
                "found {}",
                in_quotes(words));
          },
          ""))
      ->option_text("LIST");
  command
      .add_option(
          "--accept", options.accepted,
          "a clause of the contract that is known to be broken, such as failure.errno; may be repeated")
      ->allow_extra_args(false)
      ->check(CLI::Validator(
          [](const std::string& id) {
            if (judges_calls(id)) return std::string();
            return fmt::format(
                "expected a clause that is judged on every call, such as failure.errno, found {}",
                in_quotes(id));
          },
          ""))
      ->option_text("CLAUSE");
  add_coalesces_option(command, options.coalesces);
  command
      .add_option("--timeout", options.timeout_seconds,
                  fmt::format("call a program that runs for longer than so many seconds a hang; 0: never "
                              "(default {})",
                              options.timeout_seconds))
      ->check(whole_number(0, 1U << 20U))
      ->option_text("S");
  CLI::Option* const against =
      command
          .add_option("--against", options.against,
                      "run this subject in lockstep, and find every difference in what programs rely on")
          ->option_text("NAME");
  command
      .add_flag("--placements", options.placements,
                "with --against: also where blocks lie, arenas come and go, and free lists lead")
      ->needs(against);
  add_library_options(command, options);
}

void add_layout_option(CLI::App& command, std::string& layout, const std::string& meaning) {
  command.add_option("--layout", layout, fmt::format("{}: {}", meaning, alternatives(layout_words)))
      ->check(one_of(layout_words))
      ->option_text("LAYOUT");
}

void add_files_option(CLI::App& command, std::vector<std::string>& files) {
  command.add_option("FILE", files, "traces in any known form, or folders of them; - is standard input")
      ->required()
      ->option_text(" ");
}

void add_subject_option(CLI::App& command, std::vector<std::string>& subjects, const std::string& meaning) {
  command.add_option("--subject", subjects, meaning)->allow_extra_args(false)->option_text("NAME");
}

void add_artifacts_option(CLI::App& command, std::filesystem::path& folder) {
  command
      .add_option("--artifacts", folder, "the folder for the program of a finding (default: the current one)")
      ->check(CLI::ExistingDirectory)
      ->option_text("FOLDER");
}

void add_json_option(CLI::App& command, bool& json, const std::string& meaning) {
  command.add_flag("--json", json, meaning);
}

}  // namespace poolhammer::cli
