#include "harness/contract/clause_finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "harness/library/library.hpp"
#include "harness/report/commands.hpp"
#include "harness/trace/lifetimes.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::contract {
namespace {

/// A shorter program is read at a glance: no command is offered to minimise it.
constexpr std::size_t long_program = 12;

/// A slot that the program does not use.
[[nodiscard]] std::uint32_t free_slot(const Trace& trace) {
  std::set<std::uint32_t> used;
  for (const Operation& operation : trace.operations) used.insert(operation.slot);
  std::uint32_t slot = 0;
  while (used.contains(slot)) ++slot;
  return slot;
}

/// What a called function is there for.
[[nodiscard]] std::string_view role(Function tried, Function function) {
  if (function == tried) return "it";
  if (resizes(function)) return "resizes";
  if (allocates(function)) return "allocates";
  return frees(function) ? "frees" : "asks";
}

/// What two reductions have in common that have one cause: the oracle and the steps, whichever the function
/// that it was tried with, and whatever the numbers.
[[nodiscard]] std::string shape(Function function, const Reduction& reduction) {
  std::string text = reduction.finding.oracle + reduction.death.substr(0, reduction.death.find(':'));
  for (const Operation& operation : reduction.trace.operations) {
    const Function called = operation.has_by() ? operation.by : operation.kind;
    const bool calls = is_function(called);
    text += fmt::format("|{} {} {} {}", is_function(operation.kind) ? "" : word(operation.kind),
                        calls ? role(function, called) : "", operation.thread, operation.slot);
  }
  return text;
}

/// A call as a finding shows it.
struct ShownCall {
  std::string arguments;  ///< as a programmer writes them
  std::string block;      ///< the step that gave it its block
};

/// The last call of the function.
[[nodiscard]] ShownCall last_call(Function function, const Trace& trace) {
  ShownCall call;
  const auto found =
      std::find_if(trace.operations.rbegin(), trace.operations.rend(),
                   [function](const Operation& operation) { return operation.kind == function; });
  if (found == trace.operations.rend()) return call;
  const std::string text = to_text(on_thread(0, *found));
  const std::string begin = std::string(facts(function).name) + "(";
  const std::size_t first = text.rfind(begin) + begin.size();
  call.arguments = text.substr(first, text.rfind(')') - first);
  const std::string slot = fmt::format("b{}", found->slot);
  if (!call.arguments.starts_with(slot)) return call;
  const auto giver =
      giver_of(trace.operations, static_cast<std::size_t>(trace.operations.rend() - found) - 1);
  if (giver)
    call.block = to_text(on_thread(0, trace.operations[*giver]));
  else
    call.arguments.replace(0, slot.size(), "NULL");  // no step before gave it a block
  return call;
}

/// The step that asks for the usable size of the block that another step gives.
[[nodiscard]] Operation usable_size_of(const Operation& giver) {
  return {.kind = Function::malloc_usable_size, .slot = giver.slot, .thread = giver.thread};
}

/// A worker asks for the usable size of each block by itself; a C program asks where a step says so.
void ask_usable_size(Reduction& reduction) {
  auto& operations = reduction.trace.operations;
  std::size_t& guilty = reduction.finding.operation_index;
  const bool asked =
      std::ranges::find(operations, Function::malloc_usable_size, &Operation::kind) != operations.end();
  if (asked || guilty >= operations.size() || !allocates(operations[guilty].kind)) return;
  const Operation question = usable_size_of(operations[guilty]);
  operations.insert(operations.begin() + static_cast<std::ptrdiff_t>(++guilty), question);
}

/// The same of every block: a library may answer, and change something.
void ask_all_usable_sizes(Reduction& reduction) {
  std::vector<Operation> asking;
  std::size_t guilty = reduction.finding.operation_index;
  for (std::size_t i = 0; i < reduction.trace.operations.size(); ++i) {
    const Operation& operation = reduction.trace.operations[i];
    asking.push_back(operation);
    if (!allocates(operation.kind) || facts(operation.kind).family != Family::c) continue;
    asking.push_back(usable_size_of(operation));
    guilty += i < reduction.finding.operation_index ? 1 : 0;
  }
  reduction.trace.operations = std::move(asking);
  reduction.finding.operation_index = guilty;
}

/// Where there is no compiler there is nothing to compare either.
[[nodiscard]] bool shown(const ClauseFinding& finding) {
  const Verification& verification = finding.verification;
  if (verification.reproduction == Reproduction::no_compiler) return true;
  return verification.reproduction == Reproduction::reproduced && verification.plain != 1;
}

}  // namespace

bool FindingMaker::over() const {
  const Budget* const budget = options_.budget;
  return budget != nullptr && (budget->over(part_for_reducing) || budget->spent_since(began_) > share_);
}

bool FindingMaker::late() const {
  const Budget* const budget = options_.budget;
  return budget != nullptr &&
         (budget->over(std::lerp(part_for_trying, part_for_reducing, part_for_shrinking)) ||
          budget->spent_since(began_) > part_for_shrinking * share_);
}

library::LibraryRunner& FindingMaker::runner() {
  if (!runner_) {
    library::LibraryOptions runner_is = runner_options(target_, options_.time, [this] { return over(); });
    runner_is.forks = options_.forks;
    runner_.emplace(target_.library, runner_is);
  }
  return *runner_;
}

/// As it was found, where even the start of a worker is given up.
Reduction FindingMaker::reduced(const BrokenPromise& broken) {
  try {
    return reduce(runner(), broken, {.stop = [this] { return over(); }, .enough = [this] { return late(); }});
  } catch (const library::GivenUp&) {
    return {.trace = broken.trace, .finding = broken.finding, .death = broken.death};
  }
}

std::vector<ClauseFinding> FindingMaker::of(const ClauseResult& clause) {
  std::vector<ClauseFinding> findings;
  if (options_.budget != nullptr) began_ = options_.budget->seconds();
  share_ = clause.clause.id == survival ? part_for_deaths : part_for_clause;
  if (options_.budget != nullptr && clauses_left_ > 0) {
    const double rest = part_for_reducing - options_.budget->spent();
    share_ = std::max(share_, rest / static_cast<double>(clauses_left_--));
  }
  Made& made = made_[std::string(clause.clause.id)];
  for (; made.promises < clause.broken.size(); ++made.promises)
    add(clause.clause, clause.broken[made.promises], made, findings);
  return findings;
}

bool FindingMaker::owes(const ClauseResult& clause) const {
  const auto made = made_.find(clause.clause.id);
  const std::size_t promises = made == made_.end() ? 0 : made->second.promises;
  return clause.verdict == ClauseVerdict::broken && promises < clause.broken.size();
}

void FindingMaker::add(const Clause& clause, const BrokenPromise& broken, Made& made,
                       std::vector<ClauseFinding>& findings) {
  Reduction reduction = reduced(broken);
  if (broken.died() && broken.function == Function::malloc_usable_size) ask_usable_size(reduction);
  const auto [cause, is_new] = made.causes.emplace(shape(broken.function, reduction), made.causes.size());
  if (!is_new) {
    const auto known = std::ranges::find(findings, cause->second, &ClauseFinding::number);
    if (known == findings.end()) return;  // reported before
    if (std::ranges::find(known->functions, broken.function) == known->functions.end())
      known->functions.push_back(broken.function);
    known->others += 1 + broken.others;
    return;
  }
  ClauseFinding finding;
  finding.clause = clause.id;
  finding.functions = {broken.function};
  finding.others = broken.others;
  finding.number = cause->second;
  finding.reduction = std::move(reduction);
  write_program(clause, finding);
  if (options_.compile && !shown(finding) && !over()) try_others(clause, broken, finding);
  findings.push_back(std::move(finding));
}

/// So few steps need not break it in another process, whose heap looks otherwise. With a block before them,
/// or with all steps of the program, they may.
void FindingMaker::try_others(const Clause& clause, const BrokenPromise& broken, ClauseFinding& finding) {
  if (runner().has(Function::malloc_usable_size)) {
    ClauseFinding asking = finding;
    ask_all_usable_sizes(asking.reduction);
    write_program(clause, asking);
    if (shown(asking)) {
      finding = std::move(asking);
      return;
    }
  }
  if (finding.reduction.alone && finding.verification.plain != 1) {
    const std::uint32_t slot = free_slot(finding.reduction.trace);
    for (std::uint64_t size = 16; size <= 256 && !over(); size *= 2) {
      ClauseFinding shifted = finding;
      auto& operations = shifted.reduction.trace.operations;
      operations.insert(operations.begin(), allocation(slot, Function::malloc, size));
      ++shifted.reduction.finding.operation_index;
      write_program(clause, shifted);
      if (!shown(shifted)) continue;
      finding = std::move(shifted);
      return;
    }
  }
  if (over()) return;
  ClauseFinding whole = finding;
  whole.reduction.trace = broken.trace;
  whole.reduction.finding = broken.finding;
  whole.reduction.death = broken.death;
  whole.reduction.at_rest = false;
  write_program(clause, whole);
  if (!shown(whole)) return;
  shrink_by_program(clause, whole);
  finding = std::move(whole);
}

/// Leaves out steps as long as the program shows it.
void FindingMaker::shrink_by_program(const Clause& clause, ClauseFinding& whole) {
  int programs_left = 40;
  const std::size_t length_of_all = whole.reduction.trace.operations.size();
  for (std::size_t length = length_of_all / 2; length > 0; length /= 2) {
    for (std::size_t end = std::min(whole.reduction.finding.operation_index, length_of_all);
         end > 0 && programs_left > 0 && !over();) {
      const std::size_t begin = end > length ? end - length : 0;
      ClauseFinding candidate = whole;
      auto& operations = candidate.reduction.trace.operations;
      operations.erase(operations.begin() + static_cast<std::ptrdiff_t>(begin),
                       operations.begin() + static_cast<std::ptrdiff_t>(end));
      candidate.reduction.finding.operation_index -= end - begin;
      end = begin;
      --programs_left;
      write_program(clause, candidate);
      if (shown(candidate)) whole = std::move(candidate);
    }
  }
}

void FindingMaker::write_program(const Clause& clause, ClauseFinding& finding) {
  const Reduction& reduction = finding.reduction;
  const bool died = !reduction.death.empty();
  finding.promised = died ? "the program goes on" : reduction.finding.expected;
  finding.happened = died ? reduction.death : reduction.finding.found;
  const ShownCall call = last_call(finding.functions.front(), reduction.trace);
  finding.arguments = call.arguments;
  finding.block = call.block;
  std::string base = fmt::format("{}-{}", clause.id, library_word(target_));
  if (finding.number > 0) base += fmt::format("-{}", finding.number + 1);
  finding.program = c_program(target_, reduction.trace, &reduction.finding,
                              {.clause = std::string(clause.id),
                               .tier = std::string(tier_words[static_cast<std::size_t>(clause.tier)]),
                               .promise = std::string(clause.promise),
                               .source = std::string(clause.source),
                               .name = base});
  finding.name = base + finding.program.extension();
  const bool is_long = !reduction.at_rest && reduction.trace.operations.size() > long_program;
  // A subject has the functions of the standards by name.
  finding.trace_name = is_long && target_.standard() ? base + ".trace" : "";
  const std::string& path = target_.library.path;
  finding.subject = std::string(library::prefix) + (path.empty() ? "libc.so.6" : path);
  const std::uint32_t runs = over() ? 1 : reduction.repeatable() ? 3 : 20;
  if (options_.compile) finding.verification = verify(finding.program, target_, runs, died);
}

std::string ClauseFinding::trace() const {
  std::string text;
  for (const Operation& operation : reduction.trace.operations) text += to_text(operation) + '\n';
  return text;
}

std::string ClauseFinding::minimize_command(const std::string& folder) const {
  if (trace_name.empty()) return "";
  return poolhammer::minimize_command(replay_command(folder + trace_name, subject));
}

std::vector<ClauseFinding> findings_of(const CheckResult& result, const FindingOptions& options) {
  FindingMaker maker(result.target, options);
  std::vector<ClauseFinding> all;
  for (const ClauseResult& clause : result.clauses)
    std::ranges::move(maker.of(clause), std::back_inserter(all));
  return all;
}

std::string library_word(const Target& target) {
  std::string word = target.library.name.substr(target.library.name.rfind('/') + 1);
  if (const std::size_t suffix = word.find(".so"); suffix != std::string::npos) word.erase(suffix);
  for (char& letter : word) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '_' && letter != '-') letter = '-';
  }
  return word;
}

}  // namespace poolhammer::contract
