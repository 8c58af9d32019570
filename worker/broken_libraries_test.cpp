// The contract, tried on libraries that end a process in ways of their own, or never.
#include <gtest/gtest.h>

#include <string>

#include "harness/contract/check.hpp"
#include "harness/contract/finding.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] CheckResult check_on(const std::string& fault, const std::vector<std::string>& only = {}) {
  return check(target_named(POOLHAMMER_BROKEN_LIBRARIES + fault + ".so"),
               {.only = only, .time = std::chrono::milliseconds(300)});
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
    const std::vector<Finding> findings = findings_of(result, options);
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

}  // namespace
}  // namespace poolhammer::contract
