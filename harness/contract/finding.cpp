#include "harness/contract/finding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "harness/contract/lawful.hpp"

namespace poolhammer::contract {
namespace {

/// What two reductions have in common that have one cause: the steps and what is expected, whichever the
/// function that it was tried with, and whatever the numbers.
[[nodiscard]] std::string shape(Function function, const Reduction& reduction) {
  std::string text = reduction.outcome.result == Result::died
                         ? reduction.outcome.death.substr(0, reduction.outcome.death.find(':'))
                         : "";
  for (const Step& step : reduction.probe) {
    std::string_view name;
    if (step.verb == Verb::call || step.verb == Verb::exhaust)
      name = step.function == function               ? "it"
             : step.function == plain_free(function) ? "its free"
                                                     : facts(step.function).name;
    text +=
        fmt::format("|{} {} {} {} {}", static_cast<int>(step.verb), name,
                    step.verb == Verb::expect ? static_cast<int>(step.expect) : -1, step.thread, step.slot);
  }
  return text;
}

/// The arguments of the last call of the function, as a programmer writes them.
[[nodiscard]] std::string arguments_of(Function function, const Probe& probe) {
  const auto found = std::find_if(probe.rbegin(), probe.rend(), [function](const Step& step) {
    return step.verb == Verb::call && step.function == function;
  });
  if (found == probe.rend()) return "";
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
    if (options_.compile && !shown(finding)) try_whole(clause, broken, finding);
    findings_.push_back(std::move(finding));
  }

  /// Where there is no compiler there is nothing to compare either.
  [[nodiscard]] static bool shown(const Finding& finding) {
    const Verification& verification = finding.verification;
    if (verification.reproduction == Reproduction::no_compiler) return true;
    return verification.reproduction == Reproduction::reproduced && verification.plain != 1;
  }

  /// So few steps need not break it in another process, whose heap looks otherwise, or demand more than is
  /// promised, where the C library breaks it, too. The whole probe has more chances: its program is the judge
  /// then of what may go.
  void try_whole(const Clause& clause, const BrokenPromise& broken, Finding& finding) {
    Finding whole = finding;
    whole.reduction.probe = up_to(broken.probe, broken.outcome.step);
    whole.reduction.outcome = broken.outcome;
    write_program(clause, whole);
    if (!shown(whole)) return;
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
    finding = std::move(whole);
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
      finding.verification = verify(finding.program, result_.target, reduction.repeatable() ? 3 : 20);
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
