#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/options.hpp"
#include "harness/contract/check.hpp"

namespace poolhammer::cli {
namespace {

using namespace poolhammer::contract;

constexpr const char* examples = R"(Examples:
  poolhammer check libc                                 the C library's own allocator
  poolhammer check /usr/lib/x86_64-linux-gnu/libjemalloc.so.2
                                                        any library that exports malloc
  poolhammer check libjemalloc.so.2 --only calloc       the clauses whose ids begin with a word

A clause is a promise of ISO C, ISO C++ or POSIX (must), what programs rely on (expected), or a lawful choice that
is reported and never a fault (profile).)";

struct Options {
  std::vector<std::string> libraries;
  CheckOptions check;
};

[[nodiscard]] std::string text(const BrokenPromise& broken) {
  const Step& step = broken.probe[broken.outcome.step];
  std::string lines =
      fmt::format("    {}: promised {}, happened: {}\n", facts(broken.function).name,
                  step.verb == Verb::expect ? promised(step) : "to go on", happened(step, broken.outcome));
  for (const Step& each : broken.probe) lines += fmt::format("      {}\n", to_string(each));
  return lines;
}

[[nodiscard]] std::string text(const ClauseResult& result) {
  std::string lines = fmt::format("{:<8} {:<8} {}\n", verdict_words[static_cast<std::size_t>(result.verdict)],
                                  tier_words[static_cast<std::size_t>(result.clause.tier)], result.clause.id);
  for (const BrokenPromise& broken : result.broken) lines += text(broken);
  for (const auto& [function, words] : result.description)
    lines += fmt::format("    {}: {}\n", facts(function).name, words);
  return lines;
}

[[nodiscard]] Exit run(const Options& options) {
  bool broken = false;
  for (const std::string& name : options.libraries) {
    Progress progress;
    CheckOptions check_options = options.check;
    check_options.progress = [&progress, &name](double share, std::string_view clause) {
      progress.report(share, fmt::format("{}: {}", name, clause));
    };
    const CheckResult result = check(target_named(name), check_options);
    progress.end_line();
    std::string lines = fmt::format("{} ({})\n", name, result.file);
    for (const ClauseResult& clause : result.clauses) lines += text(clause);
    put(lines);
    broken = broken || result.broken();
  }
  return broken ? Exit::finding : Exit::nothing_found;
}

}  // namespace

void add_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand(
      "check", "try what C and POSIX promise of an allocator, clause by clause, on any library");
  command->footer(examples);
  command
      ->add_option("LIBRARY", options->libraries,
                   "libc, pymalloc, cpython:raw, :mem or :object, or a shared library")
      ->required()
      ->option_text(" ");
  command
      ->add_option("--only", options->check.only, "the clauses of this id, or whose ids begin with this word")
      ->option_text("ID");
  command->callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace poolhammer::cli
