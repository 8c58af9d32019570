#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "harness/report/finding.hpp"
#include "harness/run/runner.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"
#include "properties/support/stepper.hpp"

namespace poolhammer {
namespace {

/// Two programs that run at the same time, on two heaps.
struct TwoPrograms {
  Trace first;
  Trace second;

  [[nodiscard]] Trace program() const { return first; }
};

void showValue(const TwoPrograms& value, std::ostream& out) {
  showValue(value.first, out);
  out << "beside\n";
  showValue(value.second, out);
}

[[nodiscard]] Outcome judged(const Trace& trace) {
  const Verdict verdict = run(trace, home_subject(trace.layout), run_options());
  return verdict.finding ? Outcome(to_string(*verdict.finding)) : std::nullopt;
}

TEST(WholePrograms, NoOracleAccusesACorrectHeap) {
  holds(programs({.operations = 600}), &judged);
}

TEST(WholePrograms, DrainingLeavesNoPoolAndNoBlock) {
  holds(programs(), [](const Trace& trace) -> Outcome {
    Stepper stepper(home_subject(trace.layout));
    if (auto complaint = stepper.perform(trace)) return complaint;
    if (auto complaint = stepper.drain()) return complaint;
    if (stepper.live_blocks() != 0) return fmt::format("{} live blocks", stepper.live_blocks());
    if (const auto left = stepper.subject().teardown()) return fmt::format("not given back: {}", *left);
    return std::nullopt;
  });
}

// What shrinking lives on: a part of a good program is a good program.
TEST(WholePrograms, TakingAnOperationOutNeverMakesACorrectHeapFail) {
  holds(with(programs(), rc::gen::arbitrary<std::size_t>()),
        [](const ProgramWith<std::size_t>& value) -> Outcome {
          Trace shorter = value.trace;
          if (shorter.operations.empty()) return std::nullopt;
          const std::size_t place = value.extra % shorter.operations.size();
          shorter.operations.erase(shorter.operations.begin() + static_cast<std::ptrdiff_t>(place));
          return judged(shorter);
        });
}

TEST(WholePrograms, TheSameProgramGivesTheSameAddressesDigestsAndVerdict) {
  holds(programs(), [](const Trace& trace) -> Outcome {
    Subject& subject = home_subject(trace.layout);
    const History once = history_of(trace, subject);
    if (auto changed = difference(once, history_of(trace, subject))) return changed;
    const Verdict verdict = run(trace, subject, run_options());
    const Verdict again = run(trace, subject, run_options());
    const auto text = [](const Verdict& v) { return v.finding ? to_string(*v.finding) : std::string(); };
    if (text(verdict) != text(again)) return "two verdicts: " + text(verdict) + text(again);
    const RunStatistics& a = verdict.statistics;
    const RunStatistics& b = again.statistics;
    if (a.refused != b.refused || a.skipped != b.skipped || a.peak_live_bytes != b.peak_live_bytes) {
      return "two sets of statistics";
    }
    return std::nullopt;
  });
}

TEST(WholePrograms, CheckPointsChangeNothing) {
  holds(programs(), [](const Trace& trace) -> Outcome {
    std::vector<Operation> work = trace.operations;
    std::erase_if(work, [](const Operation& o) { return o.kind == OperationKind::check; });
    const History plain = history_of({trace.layout, work}, home_subject(trace.layout));
    Stepper stepper(home_subject(trace.layout));
    History checked;
    for (const Operation& operation : work) {
      if (!note_step(checked, stepper, operation)) break;
      if (auto complaint = stepper.check()) return complaint;
    }
    return difference(plain, checked);
  });
}

/// Performs both programs in turns, a step each.
[[nodiscard]] std::pair<History, History> in_turns(const TwoPrograms& value) {
  Stepper first(home_subject(value.first.layout, 0));
  Stepper second(home_subject(value.second.layout, 1));
  std::pair<History, History> histories;
  const auto& a = value.first.operations;
  const auto& b = value.second.operations;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < a.size() && !histories.first.complaint) note_step(histories.first, first, a[i]);
    if (i < b.size() && !histories.second.complaint) note_step(histories.second, second, b[i]);
  }
  return histories;
}

TEST(WholePrograms, TwoHeapsNeverInfluenceEachOther) {
  const auto values = rc::gen::map(rc::gen::pair(programs(), programs()), [](std::pair<Trace, Trace>&& both) {
    return TwoPrograms{std::move(both.first), std::move(both.second)};
  });
  holds(values, [](const TwoPrograms& value) -> Outcome {
    const History first = history_of(value.first, home_subject(value.first.layout, 0));
    const History second = history_of(value.second, home_subject(value.second.layout, 1));
    const auto [first_in_turns, second_in_turns] = in_turns(value);
    if (auto changed = difference(first, first_in_turns)) return "the first heap: " + *changed;
    if (auto changed = difference(second, second_in_turns)) return "the second heap: " + *changed;
    return std::nullopt;
  });
}

TEST(WholePrograms, AHeapInAnotherRegionGivesTheSameOffsets) {
  holds(programs(), [](const Trace& trace) -> Outcome {
    const History here = history_of(trace, home_subject(trace.layout, 0));
    const History there = history_of(trace, home_subject(trace.layout, 1));
    if (here.complaint != there.complaint) return "two complaints";
    std::optional<std::uintptr_t> distance;
    for (std::size_t i = 0; i < here.addresses.size(); ++i) {
      if ((here.addresses[i] == 0) != (there.addresses[i] == 0))
        return fmt::format("step {}: only one gave a block", i);
      if (here.addresses[i] == 0) continue;
      const std::uintptr_t found = there.addresses[i] - here.addresses[i];
      if (distance.value_or(found) != found)
        return fmt::format("step {}: {:#x} apart, not {:#x}", i, found, *distance);
      distance = found;
    }
    return std::nullopt;
  });
}

// Contents are the stepper's to judge; here it is which requests are granted that must not change.
TEST(WholePrograms, RefusedArenasAreNothingThatAClientSees) {
  const auto refusals = rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 4));
  holds(with(programs({.commands = false}), refusals),
        [](const ProgramWith<std::vector<std::uint8_t>>& value) -> Outcome {
          const History plain = history_of(value.trace, home_subject(value.trace.layout));
          Stepper stepper(home_subject(value.trace.layout));
          for (std::size_t i = 0; i < value.trace.operations.size(); ++i) {
            const Operation& operation = value.trace.operations[i];
            if (!value.extra.empty()) stepper.subject().fail_arenas(value.extra[i % value.extra.size()]);
            if (auto complaint = stepper.perform(operation)) return complaint;
            const bool granted = operation.has_slot() && stepper.block(operation.slot).address != nullptr;
            if (granted != (plain.addresses[i] != 0)) {
              return fmt::format("step {}: {}", i,
                                 granted ? "granted only with refusals" : "not granted any more");
            }
          }
          if (auto complaint = stepper.check()) return complaint;
          return stepper.drain();
        });
}

}  // namespace
}  // namespace poolhammer
