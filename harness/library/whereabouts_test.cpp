#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "harness/library/library_runner.hpp"
#include "harness/library/testing.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {
namespace {

TEST(Suspicion, IsToldOnceOfAProgramThatTakesMuchLongerThanOthersBeforeItIsAHang) {
  unsigned told = 0;
  std::string step;
  LibraryOptions options{.time = std::chrono::seconds(1)};
  options.suspect_after = std::chrono::milliseconds(100);
  options.suspects = [&](const Suspicion& suspicion) {
    ++told;
    EXPECT_GE(suspicion.taken, std::chrono::milliseconds(100));
    EXPECT_EQ(suspicion.limit, std::chrono::seconds(1));
    EXPECT_FALSE(suspicion.went_on);
    EXPECT_EQ(suspicion.inside, "in malloc");
    EXPECT_EQ(suspicion.programs, 1U);
    EXPECT_EQ(suspicion.before.size(), 8U);
    EXPECT_GT(suspicion.steps, 8U);
    step = suspicion.step;
  };
  LibraryRunner runner = runner_on(broken("hangs"), options);
  EXPECT_FALSE(runner.run(parse_text("poolhammer trace 2\nb0 = malloc(1)\n"), {}).verdict.finding);
  EXPECT_EQ(told, 0U);
  const auto performed = runner.perform(program(1), {});
  ASSERT_TRUE(performed.verdict.finding);
  EXPECT_EQ(performed.verdict.finding->oracle, "hang");
  EXPECT_EQ(told, 1U);
  EXPECT_EQ(step, performed.verdict.finding->operation) << "the step that is accused in the end";
}

TEST(Suspicion, IsTakenBackWhereASlowProgramWentOnAndAccusesNobody) {
  std::vector<Suspicion> told;
  LibraryOptions options{.time = std::chrono::seconds(10)};
  options.suspect_after = std::chrono::milliseconds(50);
  options.suspects = [&told](const Suspicion& suspicion) { told.push_back(suspicion); };
  LibraryRunner runner = runner_on(broken("slow_once"), options);
  EXPECT_FALSE(runner.run(parse_text("poolhammer trace 2\nb0 = malloc(1)\n"), {}).verdict.finding);
  EXPECT_FALSE(runner.run(program(1), {}).verdict.finding);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_FALSE(told[0].went_on);
  EXPECT_EQ(told[0].inside, "in malloc");
  EXPECT_TRUE(told[1].went_on);
  EXPECT_EQ(told[1].step, told[0].step);
  EXPECT_GE(told[1].taken, told[0].taken);
}

TEST(Suspicion, IsToldOfALibraryThatDoesNotComeToItsEndWhenItIsLoaded) {
  std::vector<std::string> told;
  LibraryOptions options{.time = std::chrono::milliseconds(400)};
  options.suspect_after = std::chrono::milliseconds(100);
  options.suspects = [&told](const Suspicion& suspicion) { told.push_back(suspicion.step); };
  const LibraryRunner runner = runner_on(broken("hangs_at_start"), options);
  EXPECT_TRUE(runner.ends_at_start());
  EXPECT_THAT(told, testing::ElementsAre("the library is loaded"));
}

}  // namespace
}  // namespace poolhammer::library
