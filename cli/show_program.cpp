#include "cli/show_program.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "cli/commands.hpp"
#include "cli/common.hpp"
#include "cli/interruptions.hpp"
#include "cli/trials.hpp"
#include "harness/base/scan.hpp"
#include "harness/c_program/c_program.hpp"
#include "harness/run/explanations.hpp"

namespace poolhammer::cli {
namespace {

[[nodiscard]] std::string first_sentence(std::string_view text) {
  return std::string(text.substr(0, text.find(". ")));
}

/// What the trace shows; where that is nothing, what it shows when every step is looked at.
[[nodiscard]] std::optional<Finding> finding_of(const Trace& trace, const std::string& subject,
                                                JudgeOptions judge) {
  const Interruptions interruptions;
  const JudgeOptions once = judge;
  auto finding = Trials(subject, once, &Interruptions::happened).run(trace);
  if (!finding && judge.check_every == 0) {
    judge.check_every = 1;
    finding = Trials(subject, judge, &Interruptions::happened).run(trace);
  }
  Interruptions::obey();
  return finding;
}

}  // namespace

std::string program_of(const Trace& trace, const std::string& subject, const std::string& file,
                       const JudgeOptions& judge) {
  if (subject.empty()) return c_program(trace).text;
  if (!c::can_be_called(subject))
    throw UsageError(fmt::format("--subject: no program can call {}; without it the C library is called",
                                 in_quotes(subject)));
  if (judge.threads != 1) throw UsageError("--threads: a program has the threads of its trace alone");
  const auto finding = finding_of(trace, subject, judge);
  const auto callee = c::callee_named(subject);
  ProgramFacts facts = facts_without_finding();
  facts.memory_limit = judge.memory_limit_mib << 20U;
  if (finding) {
    facts.clause = finding->oracle;
    const std::string meaning = first_sentence(meaning_of(finding->oracle));
    facts.promise = meaning.empty() ? finding->expected : meaning;
    facts.source = "docs/oracles.md";
  }
  if (file != "-") facts.name = std::filesystem::path(file).stem().string();
  const CProgram program = c_program(*callee, trace, finding ? &*finding : nullptr, facts);
  if (!finding)
    fmt::print(stderr, "nothing found on {}: the program judges every step\n", subject);
  else if (!program.looks_for_it)
    fmt::print(stderr, "{}: no client can look for it: the program judges every step\n", finding->oracle);
  return program.text;
}

}  // namespace poolhammer::cli
