// The contract, tried on libraries that end a process in ways of their own, or never.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/contract/check.hpp"
#include "harness/contract/clause_finding.hpp"
#include "harness/contract/reduce.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] Target target_of(const std::string& fault) {
  return target_named(POOLHAMMER_BROKEN_LIBRARIES + fault + ".so");
}

[[nodiscard]] CheckResult check_on(const std::string& fault, const std::vector<std::string>& only = {}) {
  return check(target_of(fault), {.only = only, .time = std::chrono::milliseconds(300)});
}

[[nodiscard]] std::uint64_t count(const CheckResult& result, ClauseVerdict verdict) {
  std::uint64_t count = 0;
  for (const ClauseResult& clause : result.clauses) count += clause.verdict == verdict ? 1 : 0;
  return count;
}

TEST(CheckOfABrokenLibrary, AccusesOneThatHangsAndGivesItUp) {
  for (const std::string fault : {"hangs", "spins_in_free"}) {
    const CheckResult result = check_on(fault);
    EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken) << fault;
    ASSERT_FALSE(result.clauses[0].broken.empty()) << fault;
    EXPECT_EQ(result.clauses[0].broken[0].death, "did not end in time") << fault;
    EXPECT_GT(count(result, ClauseVerdict::untried), 0U) << fault;
  }
}

TEST(CheckOfABrokenLibrary, AccusesOneThatNoProcessStartsWith) {
  for (const std::string fault : {"hangs_at_start", "dies_at_start"}) {
    const CheckResult result = check_on(fault);
    EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken) << fault;
    EXPECT_EQ(count(result, ClauseVerdict::untried), result.clauses.size() - 1) << fault;
    FindingOptions options;
    // To see a program hang takes its time.
    options.compile = fault == "dies_at_start";
    options.time = std::chrono::milliseconds(300);
    const std::vector<ClauseFinding> findings = findings_of(result, options);
    ASSERT_EQ(findings.size(), 1U) << fault;
    EXPECT_EQ(findings[0].clause, survival) << fault;
    if (options.compile) {
      EXPECT_EQ(findings[0].verification.reproduction, Reproduction::reproduced) << fault;
    }
  }
}

TEST(CheckOfABrokenLibrary, AccusesOneThatEndsTheProcessAsIfAllWereWell) {
  const CheckResult result = check_on("exits", {"realloc"});
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
  ASSERT_FALSE(result.clauses[0].broken.empty());
  EXPECT_EQ(result.clauses[0].broken[0].death, "ended with status 0");
}

TEST(CheckOfABrokenLibrary, LeavesAClauseUntriedOfWhichEachProgramEndsWithTheProcess) {
  const CheckResult result = check_on("exits", {"fork.amid-threads"});
  EXPECT_EQ(result.clauses[0].verdict, ClauseVerdict::broken);
  EXPECT_EQ(result.clauses[1].verdict, ClauseVerdict::untried);
}

/// What a check says, in words.
[[nodiscard]] std::vector<std::string> said(const CheckResult& result) {
  std::vector<std::string> said;
  for (const ClauseResult& clause : result.clauses) {
    said.push_back(
        fmt::format("{}: {}", clause.clause.id, verdict_words.at(static_cast<std::size_t>(clause.verdict))));
    for (const BrokenPromise& broken : clause.broken)
      said.push_back(fmt::format("{} {} {}", to_string(broken.finding), broken.death, broken.others));
  }
  return said;
}

TEST(CheckOfABrokenLibrary, SaysTheSameWhetherProcessesAreForkedOrNot) {
  const std::vector<std::string> only = {"alignment.fundamental", "blocks", "realloc", "calloc"};
  for (const std::string fault :
       {"sound", "crashes", "exits", "overwrites", "dirty_calloc", "knows_its_process", "has_a_thread"}) {
    CheckOptions options{.only = only, .programs = 5};
    const CheckResult forks = check(target_of(fault), options);
    options.forks = false;
    const CheckResult loads = check(target_of(fault), options);
    EXPECT_EQ(said(forks), said(loads)) << fault;
  }
}

TEST(Reduction, OfWhatNoForkedProcessShowsLoadsTheLibraryForEach) {
  library::LibraryRunner runner = runner_on(target_of("dies_where_loaded"), std::chrono::seconds(5));
  BrokenPromise broken;
  broken.options = directed({"none"}, false);
  for (std::uint32_t slot = 0; slot < 20; ++slot)
    broken.trace.operations.push_back(allocation(slot, Function::malloc, 100));
  EXPECT_FALSE(runner.perform(broken.trace, broken.options).verdict.finding);
  runner.load_each(true);
  runner.renew();
  const auto performed = runner.perform(broken.trace, broken.options);
  runner.load_each(false);
  ASSERT_TRUE(performed.verdict.finding);
  broken.finding = *performed.verdict.finding;
  broken.death = performed.death;
  const Reduction reduction = reduce(runner, broken);
  EXPECT_LE(reduction.trace.operations.size(), 10U);
  EXPECT_TRUE(reduction.repeatable());
}

TEST(Reduction, OfASlowLibraryLoadsItAFewTimes) {
  library::LibraryRunner runner = runner_on(target_of("crashes"), std::chrono::seconds(5));
  BrokenPromise broken;
  broken.options = directed({"none"}, false);
  for (std::uint32_t slot = 0; slot < 150; ++slot)
    broken.trace.operations.push_back(allocation(slot, Function::malloc, 1000 + slot));
  const auto performed = runner.perform(broken.trace, broken.options);
  ASSERT_TRUE(performed.verdict.finding);
  broken.finding = *performed.verdict.finding;
  broken.death = performed.death;
  const Reduction reduction = reduce(runner, broken);
  EXPECT_LE(reduction.trace.operations.size(), 100U);
  EXPECT_GT(reduction.candidates, 20U);
  EXPECT_EQ(runner.loads(), 1U + reduction.runs) << "the server, and the runs that are reported";
}

}  // namespace
}  // namespace poolhammer::contract
