#include "fuzz/support/describe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "fuzz/support/limits.hpp"

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);

namespace poolhammer::fuzz {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

Json described(const Target& of) {
  return Json::parse(description_of(of));
}

TEST(Description, OfATargetThatTakesTracesSaysHowTheCommandShowsThem) {
  const Target made = {"one", Inputs::trace, nullptr,
                       Facts{.about = "words", .weight = 3, .replay_options = [] {
                               return std::vector<std::string>{"--subject a", "--subject b"};
                             }}};
  const Json json = described(made);
  EXPECT_EQ(json["name"], "one");
  EXPECT_EQ(json["about"], "words");
  EXPECT_EQ(json["weight"], 3);
  EXPECT_EQ(json["inputs"], "trace");
  EXPECT_THAT(json["layouts"].get<std::vector<std::string>>(), ElementsAreArray(layout_words));
  EXPECT_EQ(json["replay"]["command"], "poolhammer replay");
  EXPECT_THAT(json["replay"]["options"].get<std::vector<std::string>>(),
              ElementsAre("--subject a", "--subject b"));
  EXPECT_TRUE(json["needs"].empty());
  EXPECT_TRUE(json["dictionary"].is_null());
}

TEST(Description, OfATargetWithBytesOfItsOwnSaysThatItShowsThemItself) {
  const Target made = {"two", Inputs::bytes, nullptr,
                       Facts{.dictionary = "fuzz_two.dict", .environment = {{"X", "y"}}, .needs = {"z"}}};
  const Json json = described(made);
  EXPECT_EQ(json["inputs"], "bytes");
  EXPECT_EQ(json["replay"]["command"], "fuzz_two");
  EXPECT_EQ(json["dictionary"], "fuzz_two.dict");
  EXPECT_EQ(json["environment"]["X"], "y");
  EXPECT_THAT(json["needs"].get<std::vector<std::string>>(), ElementsAre("z"));
  EXPECT_FALSE(json.contains("layouts"));
}

TEST(Description, HasTheLimitsAndTheStatusesThatAnEngineIsStartedAndReadWith) {
  const Json json = described(target);
  EXPECT_EQ(json["limits"]["max_len"], limits.max_bytes);
  EXPECT_EQ(json["limits"]["timeout"], limits.seconds);
  EXPECT_LT(json["cluster_limits"]["rss_limit_mb"], json["limits"]["rss_limit_mb"]);
  EXPECT_EQ(json["statuses"]["hang"], 70);
}

TEST(Description, IsPrintedByAProgramThatIsAskedForItWhichThenEnds) {
  std::array<std::string, 2> words = {"fuzz_dying", "--describe"};
  std::array<char*, 2> pointers = {words[0].data(), words[1].data()};
  char** arguments = pointers.data();
  int count = 2;
  const auto ask = [&] {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    LLVMFuzzerInitialize(&count, &arguments);
  };
  EXPECT_EXIT(ask(), ::testing::ExitedWithCode(0), "\"name\": \"dying\"");
}

}  // namespace
}  // namespace poolhammer::fuzz
