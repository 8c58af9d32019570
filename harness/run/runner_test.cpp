#include "harness/run/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/report/running_step.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;

/// Notes what reaches it, and answers like an honest subject.
class Scribe final : public Subject {
 public:
  std::vector<std::string> calls;
  std::vector<std::size_t> steps;  ///< running_step() at each call

  [[nodiscard]] std::string_view name() const noexcept override { return "scribe"; }
  [[nodiscard]] void* malloc(std::size_t size) override {
    note("malloc " + std::to_string(size));
    return inner_.malloc(size);
  }
  [[nodiscard]] void* calloc(std::size_t count, std::size_t size) override {
    note("calloc " + std::to_string(count) + " " + std::to_string(size));
    return inner_.calloc(count, size);
  }
  [[nodiscard]] void* realloc(void* block, std::size_t size) override {
    note((block == nullptr ? "realloc NULL " : "realloc ") + std::to_string(size));
    return inner_.realloc(block, size);
  }
  void free(void* block) override {
    note(block == nullptr ? "free NULL" : "free");
    inner_.free(block);
  }
  [[nodiscard]] std::size_t owed_alignment(std::size_t size) const noexcept override {
    return inner_.owed_alignment(size);
  }
  void fail_arenas(std::uint64_t requests) override { note("fail-arenas " + std::to_string(requests)); }
  void fail_raw(std::uint64_t requests) override {
    note("fail-raw " + std::to_string(requests));
    inner_.fail_raw(requests);
  }
  void place(pymalloc::Placement placement) override { note("place " + std::string(word(placement))); }
  [[nodiscard]] std::optional<pymalloc::Violation> check() override {
    note("check");
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Remains> remains() override {
    note("remains");
    return inner_.remains();
  }
  [[nodiscard]] std::optional<std::string> teardown() override {
    note("teardown");
    return std::nullopt;
  }
  void reset() override {
    note("reset");
    inner_.reset();
  }

 private:
  void note(std::string call) {
    calls.push_back(std::move(call));
    steps.push_back(running_step().index);
  }

  LyingSubject inner_;
};

[[nodiscard]] RunOptions every(std::uint64_t operations) {
  RunOptions options;
  options.check_every = operations;
  return options;
}

TEST(Runner, PerformsEveryOperationInOrderAndThenDrains) {
  Scribe subject;
  const Verdict verdict = run(trace_of("b0 = malloc(24)\n"
                                       "b1 = calloc(4, 16)\n"
                                       "place(misaligned)\n"
                                       "fail_arenas(3)\n"
                                       "b0 = realloc(b0, 100)\n"
                                       "check\n"
                                       "free(b1)\n"
                                       "fail_raw(2)\n"
                                       "b5 = realloc(b5, 7)\n"
                                       "free(b9)\n"),
                              subject);
  EXPECT_FALSE(verdict.finding);
  // The refused realloc leaves slot 5 empty; slot 0 is what the drain frees.
  EXPECT_THAT(subject.calls,
              ElementsAre("reset", "malloc 24", "calloc 4 16", "place misaligned", "fail-arenas 3",
                          "realloc 100", "check", "free", "fail-raw 2", "realloc NULL 7", "free NULL",
                          "check", "free", "check", "remains", "teardown"));
  EXPECT_EQ(verdict.statistics.operations, 10U);
  EXPECT_EQ(verdict.statistics.skipped, 0U);
  EXPECT_EQ(verdict.statistics.refused, 1U);
  EXPECT_EQ(verdict.statistics.checks, 3U);
  EXPECT_EQ(verdict.statistics.peak_live_blocks, 2U);
  EXPECT_EQ(verdict.statistics.peak_live_bytes, 164U);
}

TEST(Runner, SkipsAnAllocationIntoASlotThatHoldsABlock) {
  Scribe subject;
  const Verdict verdict =
      run(trace_of("b0 = malloc(24)\nb0 = malloc(25)\nb0 = calloc(1, 26)\nb0 = realloc(b0, 27)\n"), subject);
  EXPECT_THAT(subject.calls, ElementsAre("reset", "malloc 24", "realloc 27", "check", "free", "check",
                                         "remains", "teardown"));
  EXPECT_EQ(verdict.statistics.operations, 4U);
  EXPECT_EQ(verdict.statistics.skipped, 2U);
}

TEST(Runner, TriesAgainInASlotWhoseAllocationWasRefused) {
  Scribe subject;
  const Verdict verdict = run(trace_of("fail_raw(1)\nb0 = malloc(24)\nb0 = malloc(25)\n"), subject);
  EXPECT_THAT(subject.calls, ElementsAre("reset", "fail-raw 1", "malloc 24", "malloc 25", "check", "free",
                                         "check", "remains", "teardown"));
  EXPECT_EQ(verdict.statistics.skipped, 0U);
  EXPECT_EQ(verdict.statistics.refused, 1U);
}

TEST(Runner, KeepsABlockWhoseReallocWasRefused) {
  Scribe subject;
  const Verdict verdict =
      run(trace_of("b0 = malloc(24)\nfail_raw(1)\nb0 = realloc(b0, 48)\nfree(b0)\n"), subject, every(1));
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(verdict.statistics.refused, 1U);
  EXPECT_EQ(verdict.statistics.peak_live_bytes, 24U);
}

TEST(Runner, SkipsWhatWouldGoOverTheMemoryLimit) {
  Scribe subject;
  RunOptions options;
  options.memory_limit = 100;
  const Verdict verdict = run(trace_of("b0 = malloc(60)\n"
                                       "b1 = malloc(41)\n"       // 101 bytes
                                       "b1 = calloc(2, 21)\n"    // 102
                                       "b0 = realloc(b0, 41)\n"  // a move needs both: 101
                                       "b0 = realloc(b0, 40)\n"  // 100
                                       "b1 = malloc(60)\n"       // 100
                                       "free(b0)\n"
                                       "b2 = calloc(4, 10)\n"  // 100 again
                                       "b3 = malloc(0)\n"),
                              subject, options);
  EXPECT_THAT(subject.calls,
              ElementsAre("reset", "malloc 60", "realloc 40", "malloc 60", "free", "calloc 4 10", "malloc 0",
                          "check", "free", "free", "free", "check", "remains", "teardown"));
  EXPECT_EQ(verdict.statistics.skipped, 3U);
  EXPECT_EQ(verdict.statistics.peak_live_bytes, 100U);
  EXPECT_EQ(verdict.statistics.peak_live_blocks, 3U);
}

TEST(Runner, LetsRequestsThatNobodyMayGrantThroughTheMemoryLimit) {
  Scribe subject;
  RunOptions options;
  options.memory_limit = 1;
  const Verdict verdict = run(trace_of("malloc 0 0x7FFFFFFFFFFFFFFF\n"
                                       "malloc 0 0x8000000000000000\n"
                                       "calloc 0 0xFFFFFFFF 0xFFFFFFFFFFFFFFFF\n"
                                       "realloc 0 0xFFFFFFFFFFFFFFFF\n"),
                              subject, options);
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(verdict.statistics.skipped, 1U);
  EXPECT_EQ(verdict.statistics.refused, 3U);
}

TEST(Runner, DrainsEverySlotUpToTheLastOneThereCanBe) {
  Scribe subject;
  const Verdict verdict = run(trace_of("b16777215 = malloc(1)\nb0 = malloc(2)\nb65535 = malloc(3)\nb65536 = "
                                       "malloc(4)\nb70000 = malloc(5)\n"),
                              subject);
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(std::count(subject.calls.begin(), subject.calls.end(), "free"), 5);
  EXPECT_EQ(verdict.statistics.peak_live_blocks, 5U);
}

TEST(Runner, ChecksAfterEverySoManyOperationsSkippedOnesIncluded) {
  const auto checks = [](std::uint64_t check_every) {
    Scribe subject;
    return run(trace_of("b0 = malloc(1)\nb0 = malloc(1)\nb0 = malloc(1)\nb0 = malloc(1)\nfree(b0)\n"),
               subject, every(check_every))
        .statistics.checks;
  };
  // Beside the one at the end and the one behind the drain.
  EXPECT_EQ(checks(0), 2U);
  EXPECT_EQ(checks(1), 7U);
  EXPECT_EQ(checks(2), 4U);
  EXPECT_EQ(checks(5), 3U);
  EXPECT_EQ(checks(6), 2U);
}

TEST(Runner, WithoutTheDrainLeavesTheBlocksAndTheSubjectAsTheyAre) {
  Scribe subject;
  RunOptions options;
  options.drain = false;
  const Verdict verdict = run(trace_of("b0 = malloc(24)\n"), subject, options);
  EXPECT_FALSE(verdict.finding);
  EXPECT_THAT(subject.calls, ElementsAre("reset", "malloc 24", "check"));
}

TEST(Runner, WithoutInvariantsAsksForNone) {
  LyingSubject subject(Lie::invariant, 0);
  RunOptions options = every(1);
  options.oracles.invariants = false;
  EXPECT_FALSE(run(trace_of("b0 = malloc(24)\ncheck()\n"), subject, options).finding);
  options.oracles.invariants = true;
  EXPECT_TRUE(run(trace_of("b0 = malloc(24)\ncheck()\n"), subject, options).finding);
}

TEST(Runner, StopsAtTheFirstFinding) {
  LyingSubject subject(Lie::misaligned, 1);
  const Verdict verdict =
      run(trace_of("b0 = malloc(24)\nb1 = malloc(24)\nb2 = malloc(24)\nfree(b0)\n"), subject);
  ASSERT_TRUE(verdict.finding);
  EXPECT_EQ(verdict.finding->operation_index, 1U);
  EXPECT_EQ(verdict.statistics.operations, 2U);
}

TEST(Runner, RunsAnEmptyTrace) {
  Scribe subject;
  const Verdict verdict = run(Trace{}, subject, every(1));
  EXPECT_FALSE(verdict.finding);
  EXPECT_EQ(verdict.statistics.operations, 0U);
  EXPECT_THAT(subject.calls, ElementsAre("reset", "check", "check", "remains", "teardown"));
}

TEST(Runner, TellsWhichStepIsRunning) {
  EXPECT_EQ(running_step().trace, nullptr);
  Scribe subject;
  const Trace trace = trace_of("b0 = malloc(24)\nb0 = malloc(24)\nfree(b0)\nb1 = malloc(8)\n");
  static_cast<void>(run(trace, subject));
  // reset, malloc, (skipped), free, malloc, check, free of the drain, check, remains, teardown
  EXPECT_THAT(subject.steps, ElementsAre(0, 0, 2, 3, 4, 4, 4, 4, 4));
  EXPECT_EQ(running_step().trace, nullptr);
}

TEST(Runner, ReportsProgressAfterEverySoManyOperations) {
  Scribe subject;
  std::vector<std::uint64_t> told;
  RunOptions options;
  options.progress_every = 2;
  options.progress = [&](std::uint64_t done) { told.push_back(done); };
  static_cast<void>(run(trace_of("check\ncheck()\ncheck()\ncheck()\ncheck()\n"), subject, options));
  EXPECT_THAT(told, ElementsAre(2, 4));
}

// Everything that a run tells, in one text.
[[nodiscard]] std::string all_told(const Verdict& verdict, const Subject& subject) {
  const RunStatistics& s = verdict.statistics;
  return (verdict.finding ? to_string(*verdict.finding) : "nothing found\n") + std::to_string(s.operations) +
         " " + std::to_string(s.skipped) + " " + std::to_string(s.refused) + " " + std::to_string(s.checks) +
         " " + std::to_string(s.peak_live_blocks) + " " + std::to_string(s.peak_live_bytes) + " digest " +
         std::to_string(subject.digest());
}

TEST(Runner, TellsTheSameOfTheSameTraceAgain) {
  for (const std::string_view layout : layout_words) {
    const auto subject = make_subject("pymalloc:" + std::string(layout));
    ASSERT_NE(subject, nullptr);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Trace trace = generate(seed, {.operations = 300, .layout = *layout_named(layout)});
      RunOptions options = every(50);
      options.drain = false;  // the digest is that of a heap in use
      options.memory_limit = 1U << 20U;
      const std::string first = all_told(run(trace, *subject, options), *subject);
      const std::string second = all_told(run(trace, *subject, options), *subject);
      EXPECT_EQ(first, second) << layout << ", seed " << seed;
    }
  }
}

TEST(Runner, TellsTheSameOfAWrongSubjectAgain) {
  LyingSubject subject(Lie::scribble, 40);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace = generate(seed, {.operations = 100, .layout = LayoutId::tiny});
    RunOptions options;
    options.memory_limit = LyingSubject::capacity;
    EXPECT_EQ(all_told(run(trace, subject, options), subject),
              all_told(run(trace, subject, options), subject))
        << seed;
  }
}

}  // namespace
}  // namespace poolhammer
