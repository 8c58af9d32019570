// Libraries that do what is unusual and lawful: each is accused of nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/contract/check.hpp"
#include "harness/contract/random_programs.hpp"

namespace poolhammer::contract {
namespace {

[[nodiscard]] Target unusual(const std::string& name) {
  return target_named(fmt::format("{}/{}.so", POOLHAMMER_UNUSUAL_LIBRARIES, name));
}

[[nodiscard]] std::vector<std::string> clauses_with(const CheckResult& result, ClauseVerdict verdict) {
  std::vector<std::string> ids;
  for (const ClauseResult& clause : result.clauses) {
    if (clause.verdict == verdict) ids.emplace_back(clause.clause.id);
  }
  return ids;
}

/// One that fills gigabytes when a block is freed would take the machine's memory and time: it is asked for
/// none.
TEST(UnusualLibrary, ThatFillsWhatIsFreedIsAskedForNoGigabytes) {
  const CheckResult result = check(unusual("fills-what-is-freed"), {.only = {"usable.at-least"}});
  EXPECT_FALSE(result.knowledge.leaves_untouched);
  EXPECT_THAT(clauses_with(result, ClauseVerdict::broken), testing::IsEmpty());
  EXPECT_THAT(clauses_with(result, ClauseVerdict::untried), testing::IsEmpty());
}

/// In C++ an alignment that is not supported is the program's fault.
TEST(UnusualLibrary, ThatStopsAtUnsupportedAlignmentsOfOperatorNewIsAccusedOfNothing) {
  const CheckResult result = check(unusual("stops-at-unsupported-alignments"), {.only = {"alignment"}});
  EXPECT_TRUE(result.knowledge.leaves_untouched);
  EXPECT_THAT(clauses_with(result, ClauseVerdict::broken), testing::IsEmpty());
  EXPECT_THAT(clauses_with(result, ClauseVerdict::untried), testing::IsEmpty());
  EXPECT_THAT(clauses_with(result, ClauseVerdict::kept), testing::Contains("alignment.new-aligned"));
}

/// Operator delete is told the alignment that operator new was told, 1 among them.
TEST(UnusualLibrary, ThatNeedsTheAlignmentOfABlockIsAccusedOfNothing) {
  library::LibraryRunner runner = runner_on(unusual("needs-the-alignment-of-a-block"), ProcessLimits{}.time);
  constexpr std::uint64_t some = 20;
  EXPECT_THAT(try_random_programs(runner, {.programs = some, .seed = 1, .threads = false, .known = {}}),
              testing::IsEmpty());
}

TEST(UnusualLibrary, ThatRefusesARequestNowAndThenIsAccusedOfNothing) {
  const CheckResult result =
      check(unusual("refuses-now-and-then"),
            {.only = {"free.available", "realloc.null", "threads.destructors", "fork"}});
  EXPECT_THAT(clauses_with(result, ClauseVerdict::broken), testing::IsEmpty());
}

/// What an allocator keeps has an end, however late it comes.
TEST(UnusualLibrary, ThatKeepsMuchOfWhatIsFreedLosesNothingWithThreads) {
  for (const char* const name : {"keeps-caches-of-many-threads", "keeps-ever-less", "quarantines"}) {
    const CheckResult result =
        check(unusual(name), {.only = {"threads.leave-nothing", "threads.returned-by-others"}});
    EXPECT_THAT(clauses_with(result, ClauseVerdict::kept),
                testing::IsSupersetOf({"threads.leave-nothing", "threads.returned-by-others"}))
        << name;
  }
}

}  // namespace
}  // namespace poolhammer::contract
