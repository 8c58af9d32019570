// The project's own library as a subject with its checks on: what they find is found of the library.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "harness/contract/check.hpp"
#include "harness/contract/random_programs.hpp"
#include "harness/library/library_runner.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::contract {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// While it lives, each N-th operation of the library comes after a walk over its heap.
class ChecksOn {
 public:
  explicit ChecksOn(const char* every) { setenv("PYMALLOC_CHECK", every, 1); }
  ChecksOn(const ChecksOn&) = delete;
  ChecksOn& operator=(const ChecksOn&) = delete;
  ~ChecksOn() { unsetenv("PYMALLOC_CHECK"); }
};

[[nodiscard]] std::vector<const ClauseResult*> broken_in(const CheckResult& result) {
  std::vector<const ClauseResult*> broken;
  for (const ClauseResult& clause : result.clauses) {
    if (clause.verdict == ClauseVerdict::broken) broken.push_back(&clause);
  }
  return broken;
}

[[nodiscard]] Target miscounting() {
  return target_named(POOLHAMMER_PRELOAD_MISCOUNTS);
}

TEST(CheckedPreload, KeepsItsPromisesInSignalHandlersChildrenAndThreads) {
  const ChecksOn checks("4");
  const CheckResult result =
      check(target_named("pymalloc"), {.only = {"signals", "fork", "threads.free-elsewhere", "blocks.kept"}});
  EXPECT_THAT(broken_in(result), IsEmpty());
  std::uint64_t kept = 0;
  for (const ClauseResult& clause : result.clauses) kept += clause.verdict == ClauseVerdict::kept ? 1 : 0;
  EXPECT_GE(kept, 6U) << "each clause was tried";
}

TEST(CheckedPreload, KeepsItsPromisesInRandomPrograms) {
  const ChecksOn checks("4");
  library::LibraryRunner runner = runner_on(target_named("pymalloc"), ProcessLimits{}.time);
  constexpr std::uint64_t some = 20;
  EXPECT_THAT(try_random_programs(runner, {.programs = some, .seed = 1, .known = {}}), IsEmpty());
}

TEST(CheckedPreload, IsAccusedOfBooksThatAreWrongWhereItsChecksAreOn) {
  const CheckOptions options{.only = {"blocks.kept"}};
  EXPECT_THAT(broken_in(check(miscounting(), options)), IsEmpty()) << "no program sees it";
  const ChecksOn checks("1");
  const CheckResult result = check(miscounting(), options);
  const auto broken = broken_in(result);
  ASSERT_EQ(broken.size(), 1U);
  EXPECT_EQ(broken[0]->clause.id, survival);
  ASSERT_FALSE(broken[0]->broken.empty());
  EXPECT_THAT(broken[0]->broken[0].death, HasSubstr("damaged heap"));
  EXPECT_THAT(broken[0]->broken[0].death, HasSubstr("totals.pools"));
}

TEST(CheckedPreload, ShowsARunWhatItsChecksFind) {
  const Trace trace = generate(1, {.operations = 300, .commands = false});
  library::LibraryRunner unchecked = runner_on(miscounting(), ProcessLimits{}.time);
  EXPECT_FALSE(unchecked.run(trace, {}).verdict.finding);
  const ChecksOn checks("1");
  library::LibraryRunner checked = runner_on(miscounting(), ProcessLimits{}.time);
  const auto finding = checked.run(trace, {}).verdict.finding;
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->oracle, "crash");
  EXPECT_THAT(finding->found, HasSubstr("totals.pools"));
}

}  // namespace
}  // namespace poolhammer::contract
