#include "harness/contract/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "harness/contract/lawful.hpp"

namespace poolhammer::contract {
namespace {

/// A slot that the probe does not use.
[[nodiscard]] std::uint16_t free_slot(const Probe& probe) {
  std::uint16_t slot = 0;
  const auto used = [&slot](const Step& step) { return step.slot == slot || step.other == slot; };
  while (slot + 1 < slot_count && std::any_of(probe.begin(), probe.end(), used)) ++slot;
  return slot;
}

/// What a called function is there for.
[[nodiscard]] std::string_view role(Function tried, const Step& step) {
  if (step.function == tried) return "it";
  if (resizes(step.function)) return "resizes";
  if (allocates(step.function)) return "allocates";
  return frees(step.function) ? "frees" : "asks";
}

/// What two reductions have in common that have one cause: the steps and what is expected, whichever the
/// function that it was tried with, and whatever the numbers.
[[nodiscard]] std::string shape(Function function, const Reduction& reduction) {
  std::string text = reduction.outcome.result == Result::died
                         ? reduction.outcome.death.substr(0, reduction.outcome.death.find(':'))
                         : "";
  for (const Step& step : reduction.probe) {
    const bool calls = step.verb == Verb::call || step.verb == Verb::exhaust;
    text +=
        fmt::format("|{} {} {} {} {}", static_cast<int>(step.verb), calls ? role(function, step) : "",
                    step.verb == Verb::expect ? static_cast<int>(step.expect) : -1, step.thread, step.slot);
  }
  return text;
}

/// The arguments of the last call of the function, as a programmer writes them.
[[nodiscard]] std::string arguments_of(Function function, const Probe& probe) {
  const auto found = std::find_if(probe.rbegin(), probe.rend(), [function](const Step& step) {
    return step.verb == Verb::call && step.function == function;
  });
  if (found == probe.rend()) return function == Function::malloc_usable_size ? "NULL" : "";
  Step step = *found;
  step.thread = 0;
  const std::string text = to_string(step);
  const std::string begin = std::string(facts(function).name) + "(";
  const std::size_t place = text.rfind(begin);
  const std::size_t first = place == std::string::npos ? text.rfind('(') + 1 : place + begin.size();
  return text.substr(first, text.rfind(')') - first);
}

class Finder {
 public:
  Finder(const CheckResult& result, const FindingOptions& options)
      : result_(result),
        options_(options),
        prober_(result.target),
        control_(target_named("libc")),
        has_control_(!result.target.library.path.empty() || !result.target.standard()) {}

  [[nodiscard]] std::vector<Finding> find() {
    std::size_t all = 0;
    std::size_t done = 0;
    for (const ClauseResult& clause : result_.clauses) all += clause.broken.size();
    for (const ClauseResult& clause : result_.clauses) {
      causes_.clear();
      for (const BrokenPromise& broken : clause.broken) {
        if (options_.progress)
          options_.progress(static_cast<double>(done) / static_cast<double>(all), clause.clause.id);
        ++done;
        add(clause.clause, broken);
      }
    }
    return std::move(findings_);
  }

 private:
  void add(const Clause& clause, const BrokenPromise& broken) {
    const BrokenProbe probe{.function = broken.function,
                            .probe = broken.probe,
                            .outcome = broken.outcome,
                            .before = broken.before,
                            .limits = broken.limits};
    Reduction reduction = reduce(prober_, has_control_ ? &control_ : nullptr, probe);
    const auto [place, is_new] = causes_.emplace(shape(broken.function, reduction), findings_.size());
    if (!is_new) {
      Finding& known = findings_[place->second];
      if (std::find(known.functions.begin(), known.functions.end(), broken.function) == known.functions.end())
        known.functions.push_back(broken.function);
      known.others += 1 + broken.others;
      return;
    }
    Finding finding;
    finding.clause = clause.id;
    finding.functions = {broken.function};
    finding.others = broken.others;
    finding.reduction = std::move(reduction);
    write_program(clause, finding);
    if (options_.compile && !shown(finding)) try_others(clause, broken, finding);
    findings_.push_back(std::move(finding));
  }

  /// Where there is no compiler there is nothing to compare either.
  [[nodiscard]] static bool shown(const Finding& finding) {
    const Verification& verification = finding.verification;
    if (verification.reproduction == Reproduction::no_compiler) return true;
    return verification.reproduction == Reproduction::reproduced && verification.plain != 1;
  }

  /// So few steps need not break it in another process, whose heap looks otherwise, or demand more than is
  /// promised, where the C library breaks it, too. With a block before them, or with all steps of the probe,
  /// they may.
  void try_others(const Clause& clause, const BrokenPromise& broken, Finding& finding) {
    if (finding.reduction.alone && finding.verification.plain != 1) {
      const std::uint16_t slot = free_slot(finding.reduction.probe);
      for (std::uint64_t size = 16; size <= 256; size *= 2) {
        Finding shifted = finding;
        Probe& probe = shifted.reduction.probe;
        probe.insert(probe.begin(), call(slot, Function::malloc, size));
        ++shifted.reduction.outcome.step;
        write_program(clause, shifted);
        if (!shown(shifted)) continue;
        finding = std::move(shifted);
        return;
      }
    }
    Finding whole = finding;
    whole.reduction.probe = up_to(broken.probe, broken.outcome.step);
    whole.reduction.outcome = broken.outcome;
    write_program(clause, whole);
    if (!shown(whole)) return;
    shrink_by_program(clause, whole);
    finding = std::move(whole);
  }

  /// Leaves out steps as long as the program shows it.
  void shrink_by_program(const Clause& clause, Finding& whole) {
    const Probe original = whole.reduction.probe;
    int programs_left = 40;
    for (std::size_t length = original.size() / 2; length > 0; length /= 2) {
      for (std::size_t end = whole.reduction.outcome.step; end > 0 && programs_left > 0;) {
        const std::size_t begin = end > length ? end - length : 0;
        Finding candidate = whole;
        Probe& probe = candidate.reduction.probe;
        probe.erase(probe.begin() + static_cast<std::ptrdiff_t>(begin),
                    probe.begin() + static_cast<std::ptrdiff_t>(end));
        candidate.reduction.outcome.step -= static_cast<std::uint32_t>(end - begin);
        end = begin;
        if (!lawful(probe, original)) continue;
        --programs_left;
        write_program(clause, candidate);
        if (shown(candidate)) whole = std::move(candidate);
      }
    }
  }

  void write_program(const Clause& clause, Finding& finding) {
    const Reduction& reduction = finding.reduction;
    const Step& step = reduction.probe[reduction.outcome.step];
    finding.promised = step.verb == Verb::expect && reduction.outcome.result == Result::broken
                           ? promised(step)
                           : "the program goes on";
    finding.happened = happened(step, reduction.outcome);
    finding.arguments = arguments_of(finding.functions.front(), reduction.probe);
    std::string base = fmt::format("{}-{}", clause.id, library_word(result_.target));
    const std::size_t again = causes_.size();
    if (again > 1) base += fmt::format("-{}", again);
    finding.program = c_program(result_.target, reduction.probe, reduction.outcome,
                                {.clause = std::string(clause.id),
                                 .tier = std::string(tier_words[static_cast<std::size_t>(clause.tier)]),
                                 .promise = std::string(clause.promise),
                                 .source = std::string(clause.source),
                                 .name = base});
    finding.name = base + finding.program.extension();
    if (options_.compile)
      finding.verification = verify(finding.program, result_.target, reduction.repeatable() ? 3 : 20,
                                    reduction.outcome.result == Result::died);
  }

  const CheckResult& result_;
  const FindingOptions& options_;
  Prober prober_;
  Prober control_;
  bool has_control_;
  std::map<std::string, std::size_t> causes_;  ///< of this clause
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> findings_of(const CheckResult& result, const FindingOptions& options) {
  return Finder(result, options).find();
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
