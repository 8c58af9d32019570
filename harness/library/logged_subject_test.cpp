#include "harness/library/logged_subject.hpp"

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

  [[nodiscard]] std::optional<Finding> judged() const {
    std::array<bool, functions> present{};
    for (const OperationKind function : {OperationKind::malloc, OperationKind::calloc, OperationKind::realloc,
                                         OperationKind::free, OperationKind::malloc_usable_size})
      present[static_cast<std::size_t>(function)] = true;
    LoggedSubject subject(present, steps, end);
    RunOptions options;
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

}  // namespace
}  // namespace poolhammer::library
