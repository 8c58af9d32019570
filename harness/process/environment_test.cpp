#include "harness/process/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace poolhammer {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

/// Variables of this process for as long as one test runs.
class Variables {
 public:
  Variables() {
    setenv("LD_POOLHAMMER", "1", 1);
    setenv("POOLHAMMER_TEST", "mine", 1);
    if (options_ == nullptr) setenv("ASAN_OPTIONS", "", 1);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;
  ~Variables() {
    unsetenv("LD_POOLHAMMER");
    unsetenv("POOLHAMMER_TEST");
    if (options_ == nullptr) unsetenv("ASAN_OPTIONS");
  }

 private:
  const char* options_ = std::getenv("ASAN_OPTIONS");
};

TEST(ChildEnvironment, LeavesOutWhatIsMeantForThisProcess) {
  const Variables variables;
  const std::vector<std::string> neutral = child_environment(Inherited::neutral, {"LD_PRELOAD=x.so"});
  EXPECT_THAT(neutral, Contains("POOLHAMMER_TEST=mine"));
  EXPECT_THAT(neutral, Contains("LD_PRELOAD=x.so"));
  EXPECT_THAT(neutral, Not(Contains("LD_POOLHAMMER=1")));
  EXPECT_THAT(neutral, Not(Contains(StartsWith("ASAN_OPTIONS="))));
  const std::vector<std::string> all = child_environment(Inherited::all);
  EXPECT_THAT(all, Contains("LD_POOLHAMMER=1"));
  EXPECT_THAT(all, Contains(StartsWith("ASAN_OPTIONS=")));
}

TEST(ChildEnvironment, ReplacesAVariableAndNoOtherThatBeginsAlike) {
  const Variables variables;
  const std::vector<std::string> changed =
      child_environment(Inherited::all, {"POOLHAMMER_TEST=yours", "POOLHAMMER=3"});
  EXPECT_THAT(changed, Contains("POOLHAMMER_TEST=yours"));
  EXPECT_THAT(changed, Not(Contains("POOLHAMMER_TEST=mine")));
}

TEST(Preloading, NamesAFileByItsPath) {
  EXPECT_THAT(preloading({"/a/x.so", "y.so"}, Inherited::neutral), ElementsAre("LD_PRELOAD=/a/x.so:y.so"));
  EXPECT_THAT(preloading({}, Inherited::neutral), ElementsAre());
}

TEST(Preloading, SearchesAFolderWithABlank) {
  EXPECT_THAT(preloading({"/a/x.so", "/b c/y.so"}, Inherited::neutral),
              ElementsAre("LD_PRELOAD=/a/x.so:y.so", "LD_LIBRARY_PATH=/b c"));
  EXPECT_TRUE(can_be_preloaded("/b c/y.so"));
  EXPECT_FALSE(can_be_preloaded("/b/y z.so"));
  EXPECT_FALSE(can_be_preloaded("/b:c/y.so"));
}

TEST(Preloading, ComesBeforeWhatIsInherited) {
  setenv("LD_PRELOAD", "", 1);
  EXPECT_THAT(preloading({"/a/x.so"}, Inherited::all), ElementsAre("LD_PRELOAD=/a/x.so"));
  setenv("LD_LIBRARY_PATH", "/d", 1);
  EXPECT_THAT(preloading({"/b c/y.so"}, Inherited::all),
              ElementsAre("LD_PRELOAD=y.so", "LD_LIBRARY_PATH=/b c:/d"));
  unsetenv("LD_PRELOAD");
  unsetenv("LD_LIBRARY_PATH");
}

TEST(PointersTo, EndsWithANullPointer) {
  std::vector<std::string> texts = {"a", "b"};
  EXPECT_THAT(pointers_to(texts), ElementsAre(texts[0].data(), texts[1].data(), nullptr));
}

}  // namespace
}  // namespace poolhammer
