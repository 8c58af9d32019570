#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Explore, SaysWhatItWentThroughAndThatNothingIsLeft) {
  const Outcome outcome = poolhammer({"explore", "--classes", "96", "--raw-blocks", "0"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, testing::MatchesRegex("tiny, classes 96, 1 arena up, up to 0 raw blocks: [0-9]+ "
                                                 "states, [0-9 ]+ transitions, depth [0-9]+, exhausted: "
                                                 "nothing found\n"));
  EXPECT_THAT(outcome.err, HasSubstr("transitions a second"));
}

TEST(Explore, SaysTheSameEachTime) {
  const std::vector<std::string> arguments = {"explore", "--arenas", "2", "--depth", "3", "--failures"};
  const Outcome first = poolhammer(arguments);
  EXPECT_EQ(first.status, 0) << first;
  EXPECT_EQ(poolhammer(arguments).out, first.out);
}

TEST(Explore, GivesTheSameFactsAsJson) {
  const Outcome outcome =
      poolhammer({"explore", "--classes", "2", "--depth", "3", "--placement", "misaligned", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["command"], "explore");
  EXPECT_EQ(result["classes"], json({64, 96}));
  EXPECT_EQ(result["placement"], "misaligned");
  EXPECT_EQ(result["depth"], 3);
  EXPECT_EQ(result["exhausted"], false);
  EXPECT_GT(result["states"], 1);
  EXPECT_GT(result["transitions"], result["states"]);
  EXPECT_TRUE(result["finding"].is_null());
}

TEST(Explore, StopsAtItsLimitsWithWhatItHas) {
  const Outcome depth = poolhammer({"explore", "--depth", "2"});
  EXPECT_EQ(depth.status, 0) << depth;
  EXPECT_THAT(depth.out, HasSubstr("depth 2, stopped at the limit of --depth: nothing found"));
  const Outcome seconds = poolhammer({"explore", "--seconds", "0.01"});
  EXPECT_EQ(seconds.status, 0) << seconds;
  EXPECT_THAT(seconds.out, HasSubstr("stopped at the limit of --seconds: nothing found"));
}

TEST(Explore, GoesThroughFewerProgramsWithoutAFunction) {
  const auto transitions = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"explore", "--classes", "96", "--depth", "4", "--json"});
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    return json::parse(outcome.out)["transitions"].get<std::uint64_t>();
  };
  const std::uint64_t all = transitions({});
  const std::uint64_t two = transitions({"--without", "realloc", "--without", "calloc"});
  EXPECT_LT(transitions({"--without", "realloc"}), all);
  EXPECT_LT(two, transitions({"--without", "realloc"}));
  EXPECT_EQ(transitions({"--without", "calloc", "--without", "realloc", "--without", "calloc"}), two);
  EXPECT_EQ(transitions(
                {"--without", "malloc", "--without", "realloc", "--without", "calloc", "--without", "free"}),
            0U);
  const Outcome said = poolhammer({"explore", "--depth", "2", "--without", "realloc"});
  EXPECT_THAT(said.out, HasSubstr(", without realloc: "));
}

TEST(Explore, TakesOnlyClassesThatThereAre) {
  for (const std::string wrong : {"33", "0", "4", "32,", "x", "32,x", "-1"}) {
    const Outcome outcome = poolhammer({"explore", "--classes=" + wrong});
    EXPECT_EQ(outcome.status, 2) << wrong;
    EXPECT_THAT(lines_of(outcome.err),
                ElementsAre("poolhammer: --classes: expected some of 32,64,96, or how many of them, found '" +
                            wrong + "'"));
  }
}

TEST(Explore, RefusesWhatItsUniversesCannotBe) {
  const auto refused = [](const std::vector<std::string>& arguments) {
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 2) << outcome;
    EXPECT_THAT(lines_of(outcome.err), ElementsAre(StartsWith("poolhammer: --")));
  };
  refused({"explore", "--arenas", "5"});
  refused({"explore", "--without", "valloc"});
  refused({"explore", "--arenas", "0"});
  refused({"explore", "--raw-blocks", "3"});
  refused({"explore", "--layout", "classic"});
  refused({"explore", "--placement", "scattered"});
  refused({"explore", "--depth", "0"});
  refused({"explore", "--memory", "0"});
}

}  // namespace
}  // namespace poolhammer::cli
