#include "harness/run/minimize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "harness/base/random.hpp"
#include "harness/run/runner.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// What a trial says: "oracle" at operation `index`.
[[nodiscard]] Finding found(std::string oracle, std::size_t index, const Trace& trace) {
  return {std::move(oracle),
          index,
          index < trace.operations.size() ? to_text(trace.operations[index]) : "drain",
          "",
          "",
          ""};
}

/// Finds something once so many blocks of at least `size` bytes are live, as far as the program tells.
[[nodiscard]] Trial when_live(std::size_t blocks, std::uint64_t size) {
  return [=](const Trace& trace) -> std::optional<Finding> {
    std::vector<std::uint32_t> live;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& operation = trace.operations[i];
      if (operation.kind == OperationKind::free) std::erase(live, operation.slot);
      if (operation.kind == OperationKind::malloc && operation.size >= size &&
          std::find(live.begin(), live.end(), operation.slot) == live.end())
        live.push_back(operation.slot);
      if (live.size() >= blocks) return found("live", i, trace);
    }
    return std::nullopt;
  };
}

/// Random mallocs of up to 200 bytes, reallocs, frees and callocs.
[[nodiscard]] Trace random_trace(std::size_t operations, LayoutId layout) {
  Random random(7);
  Trace trace{layout, {}};
  for (std::size_t i = 0; i < operations; ++i) {
    const auto kind = static_cast<OperationKind>(random.below(4));
    Operation operation{kind, static_cast<std::uint32_t>(random.below(20)), 0, random.below(200)};
    if (!operation.has_size()) operation.size = 0;
    if (operation.has_count()) operation.count = 2;
    trace.operations.push_back(operation);
  }
  return trace;
}

TEST(Minimize, FindsTheFewOperationsThatMatter) {
  const Trace trace = random_trace(3000, LayoutId::tiny);
  const auto result = minimize(trace, when_live(3, 50));
  ASSERT_TRUE(result);
  // 64 is the end of the class that holds 50, on the layout tiny.
  EXPECT_EQ(to_text(result->trace),
            to_text(tiny_trace_of("b0 = malloc(64)\nb1 = malloc(64)\nb2 = malloc(64)\n")));
  EXPECT_EQ(result->finding.operation_index, 2U);
  EXPECT_TRUE(result->at_rest);
}

TEST(Minimize, MakesSizesOneWhereTheyDoNotMatter) {
  const auto result = minimize(
      tiny_trace_of("b5 = malloc(77)\nb9 = calloc(3, 100)\nb6 = malloc(31)\nfree(b5)\n"), when_live(2, 0));
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("b0 = malloc(1)\nb1 = malloc(1)\n")));
}

/// A pool of 16 000 bytes, in which each block takes 12 more than was asked for. Its fault: a realloc that
/// shrinks a block is refused where less than 64 bytes are left.
[[nodiscard]] Trial full_pool() {
  return [](const Trace& trace) -> std::optional<Finding> {
    std::map<std::uint32_t, std::uint64_t> live;
    const auto taken = [&live] {
      std::uint64_t bytes = 0;
      for (const auto& [slot, size] : live) bytes += size + 12;
      return bytes;
    };
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& operation = trace.operations[i];
      const bool held = live.contains(operation.slot);
      if (operation.kind == OperationKind::free) live.erase(operation.slot);
      if (operation.kind == OperationKind::malloc && !held && taken() + operation.size + 12 <= 16'000)
        live[operation.slot] = operation.size;
      if (operation.kind == OperationKind::realloc && held && operation.size < live[operation.slot] &&
          taken() > 16'000 - 64)
        return found("refused", i, trace);
    }
    return std::nullopt;
  };
}

TEST(Minimize, TakesOneLargeBlockForManySmallOnes) {
  Trace trace = tiny_trace_of("");
  for (std::uint32_t slot = 0; slot < 39; ++slot)
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = slot, .size = 397});
  trace.operations.push_back({.kind = OperationKind::malloc, .slot = 39, .size = 15});
  trace.operations.push_back({.kind = OperationKind::realloc, .slot = 20, .size = 100});
  const auto result = minimize(trace, full_pool());
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("b0 = malloc(15930)\nb0 = realloc(b0, 1)\n")));
  EXPECT_TRUE(result->at_rest);
}

TEST(Minimize, MakesTheGuiltyCallLargeInPlaceOfManyBefore) {
  // Grows beside 30 000 live bytes or more, or by that much itself.
  const Trial trial = [](const Trace& trace) -> std::optional<Finding> {
    std::map<std::uint32_t, std::uint64_t> live;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& operation = trace.operations[i];
      std::uint64_t bytes = 0;
      for (const auto& [slot, size] : live) bytes += size;
      if (operation.kind == OperationKind::realloc && live.contains(operation.slot) &&
          live[operation.slot] == 108 && bytes + operation.size > 30'000)
        return found("grown", i, trace);
      if (operation.kind == OperationKind::malloc)
        live[operation.slot] = std::min<std::uint64_t>(operation.size, 2000);
    }
    return std::nullopt;
  };
  Trace trace = tiny_trace_of("b0 = malloc(108)\n");
  for (std::uint32_t slot = 1; slot < 29; ++slot)
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = slot, .size = 1100});
  trace.operations.push_back({.kind = OperationKind::realloc, .slot = 0, .size = 300});
  const auto result = minimize(trace, trial);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trace.operations.size(), 2U) << to_text(result->trace);
}

/// A heap of 16 000 bytes. Its fault: a realloc that is refused is found.
[[nodiscard]] Trial refused_resize() {
  return [](const Trace& trace) -> std::optional<Finding> {
    std::map<std::uint32_t, std::uint64_t> live;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& operation = trace.operations[i];
      std::uint64_t taken = 0;
      for (const auto& [slot, size] : live) taken += slot == operation.slot ? 0 : size;
      const bool fits = operation.size <= 16'000 && taken + operation.size <= 16'000;
      if (operation.kind == OperationKind::free) live.erase(operation.slot);
      if (operation.kind == OperationKind::realloc && live.contains(operation.slot)) {
        if (!fits) return found("refused", i, trace);
        live[operation.slot] = operation.size;
      }
      if (operation.kind == OperationKind::malloc && fits) live.emplace(operation.slot, operation.size);
    }
    return std::nullopt;
  };
}

TEST(Minimize, MakesARequestOneThatIsRefusedForSureInPlaceOfAFullHeap) {
  Trace trace = tiny_trace_of("b0 = malloc(108)\n");
  for (std::uint32_t slot = 1; slot < 67; ++slot)
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = slot, .size = 240});
  trace.operations.push_back({.kind = OperationKind::realloc, .slot = 0, .size = 500});
  const auto result = minimize(trace, refused_resize());
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("b0 = malloc(1)\nb0 = realloc(b0, 16384)\n")));
}

/// Finds a free while `blocks` blocks of 49 to 72 bytes were taken, by single steps or by one act.
[[nodiscard]] Trial when_pool_is_full(std::uint64_t blocks) {
  return [=](const Trace& trace) -> std::optional<Finding> {
    const auto of_pool = [](const Operation& step) { return step.size > 48 && step.size <= 72; };
    std::uint64_t taken = 0;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& step = trace.operations[i];
      if (step.kind == OperationKind::malloc && of_pool(step)) ++taken;
      if (step.kind == OperationKind::exhaust && of_pool(step)) taken += step.count;
      if (step.kind == OperationKind::free && step.slot == 3 && taken >= blocks)
        return found("full", i, trace);
    }
    return std::nullopt;
  };
}

TEST(Minimize, TakesOneActForManyBlocks) {
  Trace trace = tiny_trace_of("");
  for (std::uint32_t slot = 0; slot < 20; ++slot)
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = slot, .size = 50U + slot});
  trace.operations.push_back({.kind = OperationKind::free, .slot = 3});
  const auto result = minimize(trace, when_pool_is_full(19));
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("exhaust(malloc, 19, 64, 0)\nfree(b3)\n")));
}

TEST(Minimize, ShowsFewBlocksOfAnActOneByOne) {
  Trace trace = tiny_trace_of("exhaust(malloc, 1024, 64, 0)\n");
  trace.operations.push_back({.kind = OperationKind::free, .slot = 3});
  const auto result = minimize(trace, when_pool_is_full(2));
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("b4 = malloc(64)\nb5 = malloc(64)\nfree(b3)\n")));
}

TEST(Minimize, TakesTheSimplestNumbersOnBothSides) {
  const auto least = [](std::uint64_t from, std::uint64_t to) {
    const auto result =
        minimize(tiny_trace_of("b0 = malloc(5303)\n"), [=](const Trace& trace) -> std::optional<Finding> {
          const bool shows = trace.operations.size() == 1 && trace.operations[0].size >= from &&
                             trace.operations[0].size <= to;
          return shows ? std::optional(found("between", 0, trace)) : std::nullopt;
        });
    return result ? result->trace.operations.at(0).size : 0;
  };
  EXPECT_EQ(least(5000, 20'000), 8192U) << "a power of two, though it is larger";
  EXPECT_EQ(least(5303, std::uint64_t{1} << 42U), 8192U) << "the least of them";
  EXPECT_EQ(least(5000, 8191), 8191U) << "next to a power of two";
  EXPECT_EQ(least(4097, 6000), 4097U);
  EXPECT_EQ(least(4900, 6000), 5000U) << "one digit";
  EXPECT_EQ(least(5303, 6100), 6000U);
  EXPECT_EQ(least(5250, 5900), 5300U) << "two digits";
  EXPECT_EQ(least(5301, 5303), 5301U) << "the least where none is round";
}

TEST(Minimize, TakesAPowerOfTwoWhereNoClassServes) {
  const auto result = minimize(tiny_trace_of("b5 = malloc(7777)\n"), when_live(1, 5000));
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(result->trace), to_text(tiny_trace_of("b0 = malloc(8192)\n")));
}

TEST(Minimize, LeavesTheFirstOperationThatAFindingNeedsAtTheEnd) {
  // Seen only behind the last operation, as by a check there.
  const Trial at_end = [](const Trace& trace) -> std::optional<Finding> {
    for (const Operation& operation : trace.operations) {
      if (operation.kind == OperationKind::calloc) return found("end", trace.operations.size(), trace);
    }
    return std::nullopt;
  };
  const auto result = minimize(random_trace(500, LayoutId::tiny), at_end);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trace.operations, tiny_trace_of("b0 = calloc(1, 1)\n").operations)
      << to_text(result->trace);
}

TEST(Minimize, DoesNotDriftToAnotherFinding) {
  // Without one of the callocs the same program shows something else, and shorter.
  const Trial two_bugs = [](const Trace& trace) -> std::optional<Finding> {
    std::size_t callocs = 0;
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      callocs += trace.operations[i].kind == OperationKind::calloc ? 1 : 0;
      if (trace.operations[i].kind == OperationKind::free)
        return found(callocs >= 2 ? "asked" : "other", i, trace);
    }
    return std::nullopt;
  };
  const auto result = minimize(
      tiny_trace_of("b0 = calloc(2, 8)\nb2 = malloc(9)\nb1 = calloc(2, 8)\nfree(b0)\nfree(b1)\n"), two_bugs);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->finding.oracle, "asked");
  EXPECT_EQ(result->trace.operations.size(), 3U) << to_text(result->trace);
}

TEST(Minimize, RunsEveryStepThatItTakesAndNoneTwice) {
  std::vector<std::string> runs;
  std::size_t steps = 0;
  const Trial judge = when_live(3, 50);
  const Trial trial = [&](const Trace& trace) {
    runs.push_back(to_text(trace));
    return judge(trace);
  };
  const auto result =
      minimize(random_trace(300, LayoutId::tiny), trial, {.improved = [&](const Trace& trace) {
                 ++steps;
                 EXPECT_EQ(to_text(trace), runs.back());
               }});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trials, runs.size());
  EXPECT_EQ(result->steps, steps);
  // What showed the finding may be run again as the end of an excursion; what did not may not.
  std::vector<std::string> failed;
  for (const std::string& run : runs) {
    if (!judge(parse_text(run))) failed.push_back(run);
  }
  std::sort(failed.begin(), failed.end());
  EXPECT_LT(static_cast<std::size_t>(failed.end() - std::unique(failed.begin(), failed.end())),
            failed.size() / 4);
}

TEST(Minimize, IsDeterministic) {
  const Trace trace = random_trace(1000, LayoutId::classic);
  const auto first = minimize(trace, when_live(4, 100));
  const auto second = minimize(trace, when_live(4, 100));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->trace, second->trace);
  EXPECT_EQ(first->trials, second->trials);
}

/// Its finding comes with the first call from an alternate stack, or with any call from a handler.
[[nodiscard]] Trial when_handled(bool alternate_alone) {
  return [=](const Trace& trace) -> std::optional<Finding> {
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Context context = trace.operations[i].context;
      if (context == Context::program || (alternate_alone && context == Context::signal_handler)) continue;
      Finding finding;
      finding.oracle = "test.handled";
      finding.operation_index = i;
      return finding;
    }
    return std::nullopt;
  };
}

TEST(Minimize, LeavesASignalHandlerAndAStackOnlyWhereTheyMatter) {
  const Trace trace =
      tiny_trace_of("signal handler: b0 = malloc(1)\nsignal handler on alternate stack: free(b0)\n");
  const auto handler = minimize(trace, when_handled(false));
  const auto stack = minimize(trace, when_handled(true));
  const auto neither = minimize(trace, when_live(1, 0));
  ASSERT_TRUE(handler && stack && neither);
  EXPECT_EQ(to_text(handler->trace), to_text(tiny_trace_of("signal handler: b0 = malloc(1)\n")));
  EXPECT_EQ(to_text(stack->trace), to_text(tiny_trace_of("signal handler on alternate stack: free(b0)\n")));
  EXPECT_EQ(to_text(neither->trace), to_text(tiny_trace_of("b0 = malloc(1)\n")));
}

TEST(Minimize, OfASoundProgramGivesNothing) {
  EXPECT_FALSE(minimize(tiny_trace_of("b0 = malloc(1)\n"), when_live(2, 0)));
}

TEST(Minimize, GivesTheBestSoFarWhenItIsStopped) {
  const Trace trace = random_trace(3000, LayoutId::tiny);
  const auto result = minimize(trace, when_live(3, 50), {.most_trials = 8});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->trials, 8U);
  EXPECT_FALSE(result->at_rest);
  EXPECT_LT(result->trace.operations.size(), trace.operations.size());
  EXPECT_TRUE(when_live(3, 50)(result->trace));
}

TEST(Minimize, ComesToItsEndWhenItIsStoppedWhateverTheLength) {
  // As many sizes as operations: a pass over each that did not stop would take minutes.
  Trace trace{LayoutId::classic, {}};
  for (std::uint32_t number = 0; number < 60'000; ++number)
    trace.operations.push_back({OperationKind::malloc, number, 0, 100'000 + std::uint64_t{number} * 7});
  const auto result =
      minimize(trace, [&](const Trace& whole) { return found("end", whole.operations.size() - 1, whole); },
               {.stop = [] { return true; }});
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->at_rest);
}

TEST(Minimize, GoesToTheTinyLayoutOnlyWhereItMay) {
  const Trace trace = random_trace(300, LayoutId::modern);
  const auto same = minimize(trace, when_live(2, 20));
  const auto tiny = minimize(trace, when_live(2, 20), {.any_layout = true});
  ASSERT_TRUE(same && tiny);
  EXPECT_EQ(same->trace.layout, LayoutId::modern);
  EXPECT_EQ(tiny->trace.layout, LayoutId::tiny);
  EXPECT_EQ(tiny->trace.operations, tiny_trace_of("b0 = malloc(32)\nb1 = malloc(32)\n").operations);
}

TEST(Minimize, KeepsTheFindingOfASubjectThatLies) {
  LyingSubject subject(Lie::calloc_dirty, 5);
  const Trial trial = [&](const Trace& trace) { return run(trace, subject).finding; };
  std::optional<Minimized> result;
  for (std::uint64_t seed = 0; !result && seed < 100; ++seed)
    result = minimize(generate(seed, {.operations = 200, .layout = LayoutId::classic}), trial);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->finding.oracle, "shadow.zeroed");
  EXPECT_EQ(result->trace.operations.size(), 6U) << to_text(result->trace);
}

}  // namespace
}  // namespace poolhammer
