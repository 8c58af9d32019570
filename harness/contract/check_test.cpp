#include "harness/contract/check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/base/temporary_folder.hpp"
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

TEST(Checking, AnOverlapThatOnlyAnotherClausesProgramShowsBreaksWhatIsPromisedOfEveryBlock) {
  const Breaks broken("overlap third");
  const auto verdict_of = [](const CheckResult& result, std::string_view id) {
    return std::ranges::find(result.clauses, id, [](const ClauseResult& each) { return each.clause.id; })
        ->verdict;
  };
  const CheckResult alone = check(breaker(), {.only = {"blocks.disjoint"}, .progress = {}});
  EXPECT_EQ(verdict_of(alone, "blocks.disjoint"), ClauseVerdict::kept) << "no program of its own shows it";
  const CheckResult both = check(breaker(), {.only = {"blocks.disjoint", "realloc.keeps"}, .progress = {}});
  EXPECT_EQ(verdict_of(both, "blocks.disjoint"), ClauseVerdict::broken);
  EXPECT_NE(verdict_of(both, "realloc.keeps"), ClauseVerdict::broken);
}

TEST(Checking, GivesUpALibraryThatHangsAndSaysWhatWasNotTried) {
  const Breaks broken("hang");
  const CheckResult result =
      check(breaker(), {.only = {"blocks", "realloc"}, .time = std::chrono::milliseconds(300)});
  ASSERT_FALSE(result.clauses.empty());
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
  EXPECT_LT(result.workers, 60U);
  const ClauseResult& last = result.clauses.back();
  EXPECT_EQ(last.verdict, ClauseVerdict::untried) << last.clause.id;
  EXPECT_GT(last.untried, 0U);
  const std::string text =
      to_text(CheckReport{.result = result, .findings = {}, .version = "1", .healed = {}}, "");
  EXPECT_THAT(
      text, AllOf(HasSubstr(" untried (seed 1)\n"),
                  HasSubstr("\nuntried: some or all of it was given up, as the library hangs or dies, or ")));
}

TEST(Checking, KnowsALibraryThatHangsByItsFirstCall) {
  const Breaks broken("hang at once");
  std::vector<std::size_t> lengths;
  Budget budget({}, [&lengths] { return !lengths.empty(); });
  (void)check(breaker(), {.only = {},
                          .time = std::chrono::milliseconds(300),
                          .budget = &budget,
                          .noticed = [&lengths](std::string_view, const BrokenPromise& promise) {
                            lengths.push_back(promise.trace.operations.size());
                          }});
  ASSERT_FALSE(lengths.empty());
  EXPECT_EQ(lengths.front(), 1U);
}

TEST(Checking, AccusesOnceOfAHangWhicheverFunctionIsTried) {
  const Breaks broken("hang");
  const CheckResult result = check(breaker(), {.only = {}, .time = std::chrono::milliseconds(300)});
  ASSERT_EQ(result.clauses[0].broken.size(), 1U);
  EXPECT_GT(result.clauses[0].broken[0].others, 0U);
}

TEST(Checking, SaysOfWhatAnInterruptCutOffThatItWasNotTried) {
  const Breaks broken("misalign");
  bool seen = false;
  Budget budget({}, [&seen] { return seen; });
  const CheckResult result =
      check(breaker(), {.only = {"alignment.fundamental", "blocks", "calloc"},
                        .budget = &budget,
                        .noticed = [&seen](std::string_view, const BrokenPromise&) { seen = true; }});
  std::vector<std::string> untried;
  for (const ClauseResult& clause : result.clauses) {
    EXPECT_NE(clause.verdict, ClauseVerdict::absent) << clause.clause.id;
    if (clause.clause.id == "alignment.fundamental") {
      EXPECT_EQ(clause.verdict, ClauseVerdict::broken);
    }
    if (clause.verdict == ClauseVerdict::untried) untried.emplace_back(clause.clause.id);
  }
  // Tried after it.
  EXPECT_THAT(untried, testing::Contains("blocks.disjoint"));
}

TEST(Checking, SaysOfAllThatItWasNotTriedWhereTheTimeIsOverBeforeTheLibraryIsLoaded) {
  const Breaks broken("hang at start");
  Budget budget({}, [] { return true; });
  const CheckResult result = check(breaker(), {.only = {}, .budget = &budget});
  ASSERT_GT(result.clauses.size(), 1U);
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  for (const ClauseResult& clause : result.clauses)
    EXPECT_EQ(clause.verdict, ClauseVerdict::untried) << clause.clause.id;
}

TEST(Checking, TellsOfEachBrokenClauseAsSoonAsItsProgramsWereTried) {
  const Breaks broken("dirty");
  std::vector<std::string> noticed;
  std::vector<std::string> told;
  (void)check(breaker(), {.only = {"calloc", "blocks.kept"},
                          .noticed = [&noticed](std::string_view clause,
                                                const BrokenPromise&) { noticed.emplace_back(clause); },
                          .broke =
                              [&](const ClauseResult& clause) {
                                EXPECT_FALSE(noticed.empty());
                                told.emplace_back(clause.clause.id);
                              }});
  EXPECT_THAT(told, testing::ElementsAre("calloc.zero"));
}

TEST(Checking, OfSurvivalAlonePerformsTheProgramsOfEveryClauseAndTellsOfNothingElse) {
  const Breaks broken("leave");
  std::vector<std::string> noticed;
  const CheckResult result = check(
      breaker(),
      {.only = {"program.survives"}, .noticed = [&noticed](std::string_view clause, const BrokenPromise&) {
         noticed.emplace_back(clause);
       }});
  ASSERT_EQ(result.clauses.size(), 1U);
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
  EXPECT_GT(result.clauses[0].programs, 0U);
  EXPECT_THAT(noticed, testing::AllOf(testing::Not(testing::IsEmpty()), testing::Each(survival)));
}

TEST(Checking, AccusesNoLibraryThatSomebodyElseKilled) {
  const TemporaryFolder folder;
  setenv("POOLHAMMER_MARK", (folder / "killed").c_str(), 1);
  const Breaks broken("killed once");
  const CheckResult result = check(breaker(), {.only = {"usable.at-least"}});
  unsetenv("POOLHAMMER_MARK");
  EXPECT_TRUE(std::filesystem::exists(folder / "killed"));
  EXPECT_FALSE(result.broken());
}

TEST(Checking, OfADeathAccusesTheFunctionInWhichItCame) {
  const Breaks broken("leave");
  const CheckResult result = check(breaker(), {.only = {"blocks.kept"}});
  ASSERT_EQ(result.clauses[0].broken.size(), 1U);
  EXPECT_EQ(result.clauses[0].broken[0].function, Function::malloc);
  const std::vector<ClauseFinding> findings = findings_of(result);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].happened, "ended with status 0");
  EXPECT_EQ(findings[0].verification.reproduction, Reproduction::reproduced);
}

}  // namespace
}  // namespace poolhammer::contract
