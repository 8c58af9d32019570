#include "harness/contract/check.hpp"

#include <gtest/gtest.h>

#include "harness/contract/testing/findings/breaks.hpp"

namespace poolhammer::contract {
namespace {

TEST(Checking, ADeathBehindAWriteThatNoStandardAllowsBreaksWhatAllowedIt) {
  const Breaks broken("usable more");
  const CheckResult result = check(breaker(), {.only = {"usable.realloc-keeps"}, .progress = {}});
  ASSERT_EQ(result.clauses.size(), 3U);
  EXPECT_EQ(result.clauses[0].clause.id, survival);
  EXPECT_EQ(result.clauses[0].verdict, Verdict::kept);
  EXPECT_EQ(result.clauses[2].clause.id, "usable.writable");
  EXPECT_EQ(result.clauses[2].verdict, Verdict::broken);
  EXPECT_FALSE(result.clauses[2].broken.empty());
}

TEST(Checking, ADeathOfALawfulProgramBreaksThatItGoesOn) {
  const Breaks broken("crash");
  const CheckResult result = check(breaker(), {.only = {"usable.at-least"}, .progress = {}});
  ASSERT_EQ(result.clauses.size(), 2U);
  EXPECT_EQ(result.clauses[0].verdict, Verdict::broken);
}

}  // namespace
}  // namespace poolhammer::contract
