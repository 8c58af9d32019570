#include "harness/contract/reduce.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "harness/contract/lawful.hpp"
#include "harness/contract/walk.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::uint32_t most_candidates = 800;
constexpr std::uint32_t most_racing_candidates = 40;  // threads take their time
/// What all candidates of a finding may take, as the first run lets expect: a slow library is tried less.
constexpr std::chrono::milliseconds patience{60'000};
constexpr std::uint32_t most_hangs = 6;  // each costs its time limit
constexpr std::chrono::milliseconds candidate_time{5'000};

/// "died by signal 11 (Segmentation fault)": how the process ended, without its words.
[[nodiscard]] std::string_view way_of_dying(const std::string& death) {
  return std::string_view(death).substr(0, death.find(':'));
}

[[nodiscard]] bool calls(const Probe& probe, Function function) {
  return std::any_of(probe.begin(), probe.end(), [function](const Step& step) {
    return (step.verb == Verb::call || step.verb == Verb::exhaust) && step.function == function;
  });
}

/// Threads that run at once may do otherwise each time.
[[nodiscard]] bool races(const Probe& probe) {
  return std::any_of(probe.begin(), probe.end(), [](const Step& step) {
    return step.verb == Verb::churn || step.verb == Verb::fork_crowd;
  });
}

[[nodiscard]] bool opens(Verb verb) {
  return verb == Verb::repeat || verb == Verb::fork;
}
[[nodiscard]] Verb closing(Verb verb) {
  return verb == Verb::repeat ? Verb::repeat_ends : Verb::child_ends;
}

/// Where a step holds sizes, counts or rounds, which may be simpler.
[[nodiscard]] std::vector<std::uint64_t Step::*> numbers_of(const Step& step) {
  switch (step.verb) {
    case Verb::repeat:
      return {&Step::a};
    case Verb::churn:
    case Verb::fork_crowd:
      return {&Step::a, &Step::b};
    case Verb::call:
      if (!allocates(step.function)) return {};
      if (takes_count(step.function) || takes_alignment(step.function)) return {&Step::a, &Step::b};
      return {&Step::a};
    default:
      return {};
  }
}

class Reducer {
 public:
  Reducer(Prober& prober, Prober* control, const BrokenProbe& broken)
      : prober_(prober), control_(control), broken_(broken) {}

  [[nodiscard]] Reduction reduce() {
    if (!find_start()) {
      result_.probe = broken_.probe;
      result_.outcome = broken_.outcome;
      result_.alone = false;
      return result_;
    }
    choose_control();
    drop_what_only_looks();
    drop_steps();
    drop_threads();
    simplify_numbers();
    drop_steps();
    renumber_slots();
    count_runs();
    return std::move(result_);
  }

 private:
  /// The probe alone, or with all that the process did before it.
  [[nodiscard]] bool find_start() {
    const std::uint32_t tries = races(broken_.probe) ? 5 : 2;
    const bool died = broken_.outcome.result == Result::died;
    for (const Probe& start : {died ? with_its_end(broken_.probe) : broken_.probe,
                               joined(broken_.before, died ? with_its_end(broken_.probe) : broken_.probe)}) {
      for (std::uint32_t run = 0; run < tries; ++run) {
        const auto begin = std::chrono::steady_clock::now();
        Outcome outcome = prober_.run_alone(start, broken_.limits);
        const auto taken = std::chrono::steady_clock::now() - begin;
        ++result_.candidates;
        if (!matches(start, outcome, broken_.probe, broken_.outcome)) continue;
        patient_ = run > 0;
        most_candidates_ =
            races(start)
                ? most_racing_candidates
                : std::clamp(static_cast<std::uint32_t>(patience / (taken + std::chrono::milliseconds(1))),
                             most_racing_candidates, most_candidates);
        original_ = result_.probe = up_to(start, outcome.step);
        result_.outcome = std::move(outcome);
        original_outcome_ = result_.outcome;
        return true;
      }
    }
    return false;
  }

  /// Where a death was found in what a probe's end does, its step is another now.
  [[nodiscard]] static bool matches(const Probe& probe, const Outcome& outcome, const Probe& other,
                                    const Outcome& other_outcome) {
    if (other_outcome.result == Result::died && outcome.result == Result::died)
      return way_of_dying(outcome.death) == way_of_dying(other_outcome.death);
    return alike(probe, outcome, other, other_outcome);
  }

  /// A library that breaks the promise itself, or lacks a function, is no judge.
  void choose_control() {
    if (control_ == nullptr) return;
    const Outcome outcome = control_->run_alone(original_, broken_.limits);
    const bool judges = outcome.result == Result::held &&
                        std::all_of(original_.begin(), original_.end(), [this](const Step& step) {
                          return step.verb != Verb::call || control_->has(step.function);
                        });
    if (!judges) control_ = nullptr;
  }

  [[nodiscard]] ProcessLimits candidate_limits() const {
    ProcessLimits limits = broken_.limits;
    limits.time = std::min(limits.time, candidate_time);
    return limits;
  }

  /// Performs the candidate, and takes it for the result where it breaks alike.
  [[nodiscard]] bool take(const Probe& candidate) {
    if (candidate == result_.probe || result_.candidates >= most_candidates_ || hangs_ >= most_hangs)
      return false;
    if (calls(original_, broken_.function) && !calls(candidate, broken_.function)) return false;
    if (!lawful(candidate, original_)) return false;
    for (std::uint32_t run = 0; run < (patient_ ? 3U : 1U); ++run) {
      Outcome outcome = prober_.run_alone(candidate, candidate_limits());
      ++result_.candidates;
      if (hung(outcome)) ++hangs_;
      if (!alike(candidate, outcome, original_, original_outcome_)) continue;
      Probe shorter = up_to(candidate, outcome.step);
      if (!lawful(shorter, original_)) return false;
      if (control_ != nullptr && control_->run_alone(shorter, candidate_limits()).result != Result::held)
        return false;
      result_.probe = std::move(shorter);
      result_.outcome = std::move(outcome);
      return true;
    }
    return false;
  }

  /// What is expected and noted on the way changes nothing, as a rule.
  void drop_what_only_looks() {
    Probe candidate = result_.probe;
    std::uint32_t index = 0;
    std::erase_if(candidate, [this, &index](const Step& step) {
      const bool breaks = index++ == result_.outcome.step;
      return !breaks && (step.verb == Verb::expect || step.verb == Verb::note);
    });
    (void)take(candidate);
  }

  /// Leaves out pieces, large ones first, from the end: what comes last is likely to matter least for what
  /// comes before.
  void drop_steps() {
    for (std::size_t length = std::bit_ceil(result_.probe.size()) / 2; length > 0;) {
      bool any = drop_pieces(length);
      if (length == 1) any = drop_pairs() || any;
      if (!any || length > 1) length /= 2;
    }
  }

  [[nodiscard]] bool drop_pieces(std::size_t length) {
    bool any = false;
    for (std::size_t end = result_.probe.size(); end > 0; end = std::min(end, result_.probe.size())) {
      const std::size_t begin = end > length ? end - length : 0;
      Probe candidate = result_.probe;
      candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(begin),
                      candidate.begin() + static_cast<std::ptrdiff_t>(end));
      any = take(candidate) || any;
      end = begin;
    }
    return any;
  }

  /// Steps that make sense together alone: the two ends of a repetition or a child, an allocation and all
  /// that is done to its slot.
  [[nodiscard]] bool drop_pairs() {
    bool any = false;
    for (std::size_t index = result_.probe.size(); index-- > 0;) {
      if (index >= result_.probe.size()) continue;
      const Step step = result_.probe[index];
      Probe candidate = result_.probe;
      if (opens(step.verb)) {
        const auto end = std::find_if(candidate.begin() + static_cast<std::ptrdiff_t>(index), candidate.end(),
                                      [&step](const Step& each) { return each.verb == closing(step.verb); });
        if (end == candidate.end()) continue;
        candidate.erase(end);
        candidate.erase(candidate.begin() + static_cast<std::ptrdiff_t>(index));
      } else if (step.verb == Verb::call && allocates(step.function)) {
        std::erase_if(candidate, [&step](const Step& each) { return each.slot == step.slot; });
      } else {
        continue;
      }
      any = take(candidate) || any;
    }
    return any;
  }

  void drop_threads() {
    std::set<std::uint16_t> threads;
    for (const Step& step : result_.probe) threads.insert(step.thread);
    threads.erase(0);
    for (const std::uint16_t thread : threads) {
      Probe candidate = result_.probe;
      std::erase_if(candidate, [thread](const Step& step) {
        return step.thread == thread && step.verb == Verb::end_thread;
      });
      for (Step& step : candidate) step.thread = step.thread == thread ? std::uint16_t{0} : step.thread;
      (void)take(candidate);
    }
  }

  /// Each number in turn, wherever it stands: a block's size comes again in what is expected of it.
  void simplify_numbers() {
    std::set<std::uint64_t, std::greater<>> values;
    for (const Step& step : result_.probe) {
      for (const auto member : numbers_of(step)) values.insert(step.*member);
    }
    for (const std::uint64_t value : values) simplify(value);
    for (std::size_t index = 0; index < result_.probe.size(); ++index) {
      const Step& step = result_.probe[index];
      if (step.verb != Verb::call || !takes_count(step.function) || step.a <= 1 ||
          request_kind(step).too_large)
        continue;
      Probe candidate = result_.probe;
      candidate[index].b = step.a * step.b;
      candidate[index].a = 1;
      (void)take(candidate);
    }
  }

  void simplify(std::uint64_t value) {
    // What is near to the end of the numbers is as simple as can be.
    if (value <= 1 || value > ~std::uint64_t{0} >> 2U) return;
    // The largest number that was tried in vain: the smallest that breaks lies above, as a rule.
    std::uint64_t in_vain = 0;
    for (std::uint64_t simple = 1; simple != 0 && simple < value; simple *= 2) {
      if (take(with_number(value, simple))) return;
      in_vain = simple;
    }
    while (value - in_vain > 1) {
      const std::uint64_t middle = in_vain + (value - in_vain) / 2;
      if (take(with_number(value, middle)))
        value = middle;
      else
        in_vain = middle;
      if (result_.candidates >= most_candidates_) return;
    }
  }

  [[nodiscard]] Probe with_number(std::uint64_t from, std::uint64_t to) const {
    Probe candidate = result_.probe;
    for (Step& step : candidate) {
      for (const auto member : numbers_of(step)) {
        if (step.*member == from) step.*member = to;
      }
    }
    adapt_demands(result_.probe, candidate);
    return candidate;
  }

  /// What was demanded up to a block's size is demanded up to its new one.
  static void adapt_demands(const Probe& old, Probe& candidate) {
    Walk walk_old;
    Walk walk;
    for (std::size_t index = 0; index < old.size(); ++index) {
      Step& step = candidate[index];
      const std::uint64_t size_before = walk_old.slot(step.slot).size;
      const std::uint64_t size = walk.slot(step.slot).size;
      if (step.verb == Verb::expect && step.expect == Expect::zero && step.b == size_before) {
        step.b = size;
        step.a = std::min(step.a, size);
      }
      if (step.verb == Verb::expect && step.expect == Expect::usable && step.a == size_before) step.a = size;
      if (step.verb == Verb::expect && step.expect == Expect::aligned) {
        const SlotFacts& block = walk.slot(step.slot);
        if (block.alignment != 0 && walk_old.slot(step.slot).alignment == step.a) step.a = block.alignment;
      }
      walk_old.pass(old[index]);
      walk.pass(step);
    }
  }

  void renumber_slots() {
    std::map<std::uint16_t, std::uint16_t> numbers;
    Probe candidate = result_.probe;
    const auto renumber = [&numbers](std::uint16_t& slot) {
      if (slot < slot_count)
        slot = numbers.emplace(slot, static_cast<std::uint16_t>(numbers.size())).first->second;
    };
    for (Step& step : candidate) {
      const bool has_slot = step.verb == Verb::call || step.verb == Verb::fill || step.verb == Verb::misuse ||
                            step.verb == Verb::fill_usable || step.verb == Verb::expect ||
                            step.verb == Verb::note;
      if (has_slot && step.verb == Verb::call && resizes(step.function)) renumber(step.other);
      if (has_slot) renumber(step.slot);
      if (has_slot && step.verb == Verb::expect) renumber(step.other);
    }
    (void)take(candidate);
  }

  void count_runs() {
    result_.runs = races(result_.probe) || patient_ ? 5 : 3;
    for (std::uint32_t run = 0; run < result_.runs; ++run) {
      const Outcome outcome = prober_.run_alone(result_.probe, broken_.limits);
      if (alike(result_.probe, outcome, original_, original_outcome_)) ++result_.shown;
      if (hung(outcome)) {
        // A hang that took so long takes as long again: once is enough.
        result_.runs = run + 1;
      }
    }
    if (result_.shown > 0) return;
    // A candidate was slow and no more, or broke by chance: what was found first is told.
    result_.probe = original_;
    result_.outcome = original_outcome_;
    result_.runs = 1;
    result_.shown =
        alike(original_, prober_.run_alone(original_, broken_.limits), original_, original_outcome_);
  }

  Prober& prober_;
  Prober* control_;
  const BrokenProbe& broken_;
  Probe original_;
  Outcome original_outcome_;
  Reduction result_;
  bool patient_ = false;  ///< it does not break each time
  std::uint32_t most_candidates_ = most_candidates;
  std::uint32_t hangs_ = 0;
};

}  // namespace

Probe up_to(const Probe& probe, std::uint32_t step) {
  std::size_t end = step + 1;
  bool repeating = false;
  bool in_child = false;
  for (std::size_t index = 0; index < end; ++index) {
    const Verb verb = probe[index].verb;
    if (verb == Verb::repeat || verb == Verb::repeat_ends) repeating = verb == Verb::repeat;
    if (verb == Verb::fork || verb == Verb::child_ends) in_child = verb == Verb::fork;
    // What comes behind the step in its round came before it in the last.
    if (index + 1 == end && repeating && end < probe.size()) ++end;
  }
  Probe part(probe.begin(), probe.begin() + static_cast<std::ptrdiff_t>(end));
  if (in_child) part.push_back(plain(Verb::child_ends));
  return part;
}

bool alike(const Probe& probe, const Outcome& outcome, const Probe& other, const Outcome& other_outcome) {
  if (outcome.result != other_outcome.result) return false;
  if (outcome.result != Result::broken && outcome.result != Result::died) return false;
  const Step& step = probe[outcome.step];
  const Step& other_step = other[other_outcome.step];
  if (step.verb != other_step.verb) return false;
  if (step.verb == Verb::call && step.function != other_step.function) return false;
  if (outcome.result == Result::died) return way_of_dying(outcome.death) == way_of_dying(other_outcome.death);
  return step.expect == other_step.expect;
}

Reduction reduce(Prober& prober, Prober* control, const BrokenProbe& broken) {
  return Reducer(prober, control, broken).reduce();
}

}  // namespace poolhammer::contract
