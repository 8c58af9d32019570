#include "harness/library/logged_subject.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

#include "harness/run/runner.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {
namespace {

/// What a client saw of the program
///   b0 = malloc(24); b0 = realloc(b0, 48); free(b0)
/// of an allocator that keeps its promises.
struct Records {
  Records() {
    steps.resize(3);
    for (StepRecord& step : steps) step.called = step.asked = step.done = step.result_kept = true;
    steps[0].block = 0x1000;
    steps[0].usable = 24;
    steps[1].block = 0x2000;
    steps[1].usable = 48;
    end.called = end.done = true;
  }

  [[nodiscard]] std::optional<Finding> judged(std::uint64_t check_every = 0) const {
    std::array<bool, functions> present{};
    for (const OperationKind function : {OperationKind::malloc, OperationKind::calloc, OperationKind::realloc,
                                         OperationKind::free, OperationKind::malloc_usable_size})
      present[static_cast<std::size_t>(function)] = true;
    LoggedSubject subject(present, steps, end);
    RunOptions options;
    options.check_every = check_every;
    options.step_shown_at = &subject.step();
    return run(program, subject, options).finding;
  }

  Trace program = parse_text("poolhammer trace 2\nb0 = malloc(24)\nb0 = realloc(b0, 48)\nfree(b0)\n");
  std::vector<StepRecord> steps;
  StepRecord end{};
};

TEST(LoggedSubject, IsAccusedOfNothingWhereNothingWasSeen) {
  EXPECT_FALSE(Records().judged());
}

TEST(LoggedSubject, IsAccusedOfTheByteThatAReallocLost) {
  Records records;
  records.steps[1].seen = Seen::after;
  records.steps[1].wrong_block = 0x2000;
  records.steps[1].offset = 7;
  records.steps[1].found = 0x55;
  const auto finding = records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "shadow.kept");
  EXPECT_EQ(finding->operation_index, 1U);
  EXPECT_EQ(finding->found, "0x55");
}

TEST(LoggedSubject, IsAccusedOfTheByteThatChangedBeforeTheCall) {
  Records records;
  records.steps[2].seen = Seen::before;
  records.steps[2].wrong_block = 0x2000;
  const auto finding = records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "shadow.contents");
  EXPECT_EQ(finding->operation, "free(b0)");
}

TEST(LoggedSubject, IsAccusedOfAnAddressAlsoWhereTheProcessDiedOfIt) {
  Records records;
  records.steps[1].block = 0x2004;
  records.steps[1].done = false;
  records.steps[2] = {};
  records.end = {};
  const auto finding = records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "shadow.alignment");
}

TEST(LoggedSubject, EndsWhereItsRecordsDo) {
  Records records;
  records.steps[1] = {};
  records.steps[2] = {};
  records.end = {};
  EXPECT_THROW((void)records.judged(), RecordsEnd);
}

TEST(LoggedSubject, IsHeldToTheContractOfACall) {
  Records records;
  records.steps[2].error = EINVAL;
  const auto finding = records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "contract.free.errno");
}

/// What a client saw of these steps, each of which came back; a block is given at the address `blocks` says.
struct Acts {
  Acts(std::string_view statements, const std::vector<std::uint64_t>& blocks) {
    records.program = parse_text("poolhammer trace 2\n" + std::string(statements));
    records.steps.assign(records.program.operations.size(), StepRecord{});
    for (std::size_t step = 0; step < records.steps.size(); ++step) {
      StepRecord& record = records.steps[step];
      record.called = record.asked = record.done = record.result_kept = true;
      record.block = blocks.at(step);
      record.usable = record.block == 0 ? 0 : 100;
      record.error = record.block == 0 ? ENOMEM : 0;
    }
  }

  Records records;
};

constexpr std::string_view program_with_a_child =
    "b0 = malloc(24)\nfork()\nfree(b0)\nb1 = malloc(24)\nchild_ends()\nb1 = malloc(24)\n";

TEST(LoggedSubject, HasItsOwnBlocksAgainWhereAChildEnds) {
  Acts acts(program_with_a_child, {0x1000, 0, 0, 0x1000, 0, 0x2000});
  acts.records.steps[1].usable = 1;
  acts.records.steps[2].error = 0;
  acts.records.end.block = 2;
  EXPECT_FALSE(acts.records.judged()) << "the child took the place of what it had freed";
}

TEST(LoggedSubject, IsAccusedOfABlockThatLiesOverOneThatAChildFreed) {
  Acts acts(program_with_a_child, {0x1000, 0, 0, 0x3000, 0, 0x1000});
  acts.records.steps[1].usable = 1;
  acts.records.steps[2].error = 0;
  const auto finding = acts.records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "shadow.disjoint");
  EXPECT_EQ(finding->operation_index, 5U);
}

TEST(LoggedSubject, PassesOverAChildThatCouldNotBeForked) {
  Acts acts(program_with_a_child, {0x1000, 0, 0, 0, 0, 0x2000});
  acts.records.steps[2] = acts.records.steps[3] = {};
  acts.records.end.block = 2;
  EXPECT_FALSE(acts.records.judged());
  EXPECT_FALSE(acts.records.judged(1)) << "nobody looks at blocks amid its steps, either";
}

TEST(LoggedSubject, IsNotJudgedBehindAMisuse) {
  Acts acts("b0 = malloc(24)\nmisuse(free, b0, 8, 0, 0)\nb1 = malloc(24)\n", {0x1000, 0, 0x1001});
  EXPECT_FALSE(acts.records.judged());
}

TEST(LoggedSubject, IsAccusedOfARefusalBehindBlocksThatWereFreed) {
  Acts acts("exhaust(malloc, 100, 5000, 0)\nrelease()\nb0 = malloc(5000)\n", {0, 0, 0});
  acts.records.steps[0].usable = 10;
  const auto finding = acts.records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "contract.exhaustion.recovers");
}

TEST(LoggedSubject, IsNotAccusedOfTheRefusalOfABlockUnlikeThoseThatWereFreed) {
  for (const std::string_view other : {"b0 = malloc(5001)\n", "b0 = calloc(1, 5000)\n"}) {
    Acts acts(fmt::format("exhaust(malloc, 100, 5000, 0)\nrelease()\n{}", other), {0, 0, 0});
    acts.records.steps[0].usable = 10;
    EXPECT_FALSE(acts.records.judged()) << other;
  }
}

TEST(LoggedSubject, IsNotAccusedOfARefusalAfterAnotherTookTheRoom) {
  Acts acts("exhaust(malloc, 100, 5000, 0)\nrelease()\nb0 = malloc(40000)\nb1 = malloc(5000)\nfree(b0)\n",
            {0, 0, 0x10000, 0, 0});
  acts.records.steps[0].usable = 10;
  acts.records.steps[2].usable = 40'000;
  acts.records.steps[4].error = 0;
  EXPECT_FALSE(acts.records.judged());
}

TEST(LoggedSubject, IsAccusedWhereItsCrowdSawDamage) {
  Acts acts("crowd(2, 100)\n", {0});
  acts.records.steps[0].seen = Seen::crowd;
  const auto finding = acts.records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "contract.threads.concurrent");
}

TEST(LoggedSubject, TellsAByteBehindThoseAskedForApart) {
  Acts acts("b0 = malloc(24)\nfill_usable(b0)\nb0 = realloc(b0, 200)\n", {0x1000, 0, 0x2000});
  acts.records.steps[2].seen = Seen::after;
  acts.records.steps[2].wrong_block = 0x2000;
  acts.records.steps[2].usable = 200;
  acts.records.steps[2].offset = 30;
  const auto finding = acts.records.judged();
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "contract.usable.realloc-keeps");
}

}  // namespace
}  // namespace poolhammer::library
