// What a broken clause explains is neither held against another nor counted as kept.
#include "harness/contract/explained.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace poolhammer::contract {
namespace {

[[nodiscard]] ClauseResult broken_clause(std::string_view id, std::string oracle) {
  ClauseResult result;
  result.clause.id = id;
  result.verdict = ClauseVerdict::broken;
  BrokenPromise broken;
  broken.finding.oracle = std::move(oracle);
  result.broken.push_back(std::move(broken));
  return result;
}

TEST(Explained, AClauseOfWhichAllThatWentWrongIsExplainedIsUntriedAndSaysByWhat) {
  const std::vector<ClauseResult> all = {broken_clause("usable.at-least", "shadow.usable-size")};
  ClauseResult result = broken_clause("blocks.disjoint", "shadow.disjoint");
  drop_explained(all, result);
  EXPECT_EQ(result.verdict, ClauseVerdict::untried);
  EXPECT_THAT(result.broken, testing::IsEmpty());
  EXPECT_THAT(result.explained_by, testing::ElementsAre("usable.at-least"));
}

TEST(Explained, AFunctionThatDiesWhereverItFailsIsNotAccusedOfWhatHandlersThrow) {
  ClauseResult fails = broken_clause("new.fails", "crash");
  fails.broken.front().death = "died by signal 6 (Aborted)";
  fails.broken.front().function = Function::op_new;
  ClauseResult throws = broken_clause("new.handler-throws", "crash");
  throws.broken.front().death = "died by signal 6 (Aborted)";
  throws.broken.front().function = Function::op_new_nothrow;
  drop_explained({fails}, throws);
  EXPECT_EQ(throws.verdict, ClauseVerdict::broken) << "another function";
  throws.broken.front().function = Function::op_new;
  drop_explained({fails}, throws);
  EXPECT_EQ(throws.verdict, ClauseVerdict::untried);
  EXPECT_THAT(throws.explained_by, testing::ElementsAre("new.fails"));
}

TEST(Explained, WhatNoBrokenClauseExplainsStaysBroken) {
  ClauseResult result = broken_clause("blocks.disjoint", "shadow.disjoint");
  drop_explained({}, result);
  EXPECT_EQ(result.verdict, ClauseVerdict::broken);
  EXPECT_EQ(result.broken.size(), 1U);
  EXPECT_THAT(result.explained_by, testing::IsEmpty());
}

}  // namespace
}  // namespace poolhammer::contract
