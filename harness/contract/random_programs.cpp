#include "harness/contract/random_programs.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "harness/trace/generate.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::size_t length = 1000;

/// What an oracle of a run says, as the clause that promises it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> clause_of_oracle = {{
    {"shadow.contents", "blocks.kept"},
    {"shadow.disjoint", "blocks.disjoint"},
    {"shadow.kept", "realloc.keeps"},
    {"shadow.owned-memory", "blocks.disjoint"},
    {"shadow.unchanged-by-failure", "realloc.failure-keeps"},
    {"shadow.usable-size", "usable.at-least"},
    {"shadow.zeroed", "calloc.zero"},
    {"shadow.handed-over", "blocks.kept"},
}};

[[nodiscard]] std::string alignment_clause(Function function) {
  if (function == Function::valloc || function == Function::pvalloc) return "alignment.page";
  if (facts(function).family != Family::c)
    return asks_alignment(function) ? "alignment.new-aligned" : "alignment.new";
  if (!asks_alignment(function)) return "alignment.fundamental";
  return "alignment." + std::string(facts(function).name);
}

/// Where a block was given that nobody can have.
[[nodiscard]] std::string refusal_clause(Function function) {
  if (facts(function).family != Family::c) return "new.fails";
  const bool gnu =
      function == Function::memalign || function == Function::valloc || function == Function::pvalloc;
  return gnu ? "failure.null-gnu" : "failure.null";
}

/// Whether a clause that is broken already says of such a call that it ends the process.
[[nodiscard]] bool known_to_die(const std::string& clause, Function function,
                                const std::vector<std::string>& known) {
  return clause == survival && facts(function).family != Family::c &&
         std::ranges::find(known, "new.fails") != known.end();
}

/// The function of the guilty step, or of the last before it that is one.
[[nodiscard]] Function guilty_function(const Trace& trace, const Finding& finding) {
  for (std::size_t i = std::min(finding.operation_index + 1, trace.operations.size()); i-- > 0;) {
    if (is_function(trace.operations[i].kind)) return trace.operations[i].kind;
  }
  return Function::malloc;
}

[[nodiscard]] RunOptions run_options(const std::vector<std::string>& known) {
  constexpr std::uint64_t check_every = 256;
  constexpr std::uint64_t memory_limit = std::uint64_t{64} << 20U;
  RunOptions options;
  options.check_every = check_every;
  options.memory_limit = memory_limit;
  options.accepted = known;
  return options;
}

/// What was given up shows nothing.
[[nodiscard]] Judgement run_unless_given_up(library::LibraryRunner& runner, const Trace& trace,
                                            const RunOptions& options) {
  try {
    return runner.run(trace, options);
  } catch (const library::GivenUp&) {
    return {};
  }
}

}  // namespace

std::string clause_of(const Finding& finding, Function function) {
  constexpr std::string_view contract = "contract.";
  if (finding.oracle.starts_with(contract)) return finding.oracle.substr(contract.size());
  if (finding.oracle == "shadow.alignment") return alignment_clause(function);
  if (finding.oracle == "shadow.refusal") return refusal_clause(function);
  for (const auto& [oracle, clause] : clause_of_oracle) {
    if (finding.oracle == oracle) return std::string(clause);
  }
  return std::string(survival);
}

std::vector<BrokenByProgram> try_random_programs(library::LibraryRunner& runner,
                                                 const RandomProgramsOptions& options) {
  std::vector<BrokenByProgram> broken;
  std::vector<std::string> known = options.known;
  Random seeds(options.seed);
  Breadth breadth;
  const auto stopped = [&options] { return options.stop && options.stop(); };
  const auto leave_out = [&options](std::uint64_t programs) {
    if (options.left_out && programs > 0) options.left_out(programs);
  };
  try {
    breadth = runner.breadth(run_options({}).memory_limit, options.threads);
  } catch (const library::GivenUp&) {
    leave_out(options.programs);
    return broken;
  }
  breadth.named.insert(breadth.named.end(), options.interesting.begin(), options.interesting.end());
  std::uint64_t program = 0;
  for (; program < options.programs && !stopped(); ++program) {
    if (options.progress)
      options.progress(static_cast<double>(program) / static_cast<double>(options.programs));
    const RunOptions run = run_options(known);
    const Trace trace = generate(seeds.next(), {.operations = length, .commands = false, .breadth = breadth});
    const Judgement judgement = run_unless_given_up(runner, trace, run);
    if (!judgement.verdict.finding) continue;
    const Finding& finding = *judgement.verdict.finding;
    const Trace shown = judgement.with_history.value_or(trace);
    const Function guilty = guilty_function(shown, finding);
    const std::string clause = clause_of(finding, guilty);
    if (std::ranges::find(known, clause) != known.end() || known_to_die(clause, guilty, known)) continue;
    known.push_back(clause);
    broken.push_back({clause,
                      {.function = guilty,
                       .trace = shown,
                       .finding = finding,
                       .death = clause == survival ? finding.found : "",
                       .options = run,
                       .before = {}}});
    if (options.first_death_ends && broken.back().promise.died()) return broken;
  }
  leave_out(options.programs - program);
  return broken;
}

}  // namespace poolhammer::contract
