#include "harness/contract/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/contract/report.hpp"
#include "harness/contract/testing/findings/breaks.hpp"

namespace poolhammer::contract {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(Checking, ADeathBehindAWriteThatNoStandardAllowsBreaksWhatAllowedIt) {
  const Breaks broken("usable more");
  const CheckResult result = check(breaker(), {.only = {"usable.realloc-keeps"}, .progress = {}});
  ASSERT_EQ(result.clauses.size(), 3U);
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::kept);
  EXPECT_EQ(result.clauses[2].clause.id, "usable.writable");
  EXPECT_EQ(result.clauses[2].verdict, ClauseVerdict::broken);
  EXPECT_FALSE(result.clauses[2].broken.empty());
}

TEST(Checking, ADeathOfALawfulProgramBreaksThatItGoesOn) {
  const Breaks broken("crash");
  const CheckResult result = check(breaker(), {.only = {"usable.at-least"}, .progress = {}});
  ASSERT_EQ(result.clauses.size(), 2U);
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
}

TEST(Checking, GivesUpALibraryThatHangsAndSaysWhatWasNotTried) {
  const Breaks broken("hang");
  const CheckResult result =
      check(breaker(), {.only = {"blocks", "realloc"}, .time = std::chrono::milliseconds(300)});
  ASSERT_FALSE(result.clauses.empty());
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
  EXPECT_LT(result.workers, 20U);
  const ClauseResult& last = result.clauses.back();
  EXPECT_EQ(last.verdict, ClauseVerdict::untried) << last.clause.id;
  EXPECT_GT(last.untried, 0U);
  const std::string text =
      to_text(CheckReport{.result = result, .findings = {}, .version = "1", .healed = {}}, "");
  EXPECT_THAT(text,
              AllOf(HasSubstr(" untried (seed 1)\n"),
                    HasSubstr("\nuntried: some or all of it was given up, as the library hangs or dies\n")));
}

TEST(Checking, AccusesOnceOfAHangWhicheverFunctionIsTried) {
  const Breaks broken("hang");
  const CheckResult result = check(breaker(), {.only = {}, .time = std::chrono::milliseconds(300)});
  EXPECT_EQ(result.clauses[0].broken.size(), 1U);
  EXPECT_GT(result.clauses[0].broken[0].others, 0U);
}

}  // namespace
}  // namespace poolhammer::contract
