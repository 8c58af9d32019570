// The contract's own planted bugs: each library breaks one promise, and is accused of that and of nothing
// else.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "harness/contract/check.hpp"
#include "harness/contract/random_programs.hpp"
#include "harness/library/library.hpp"
#include "harness/library/library_runner.hpp"

namespace poolhammer::contract {
namespace {

constexpr std::string_view control = "nothing";

[[nodiscard]] std::vector<std::string> libraries() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(POOLHAMMER_BROKEN_LIBRARIES))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

[[nodiscard]] std::string path_of(const std::string& name) {
  return fmt::format("{}/{}.so", POOLHAMMER_BROKEN_LIBRARIES, name);
}

[[nodiscard]] std::vector<std::string> broken_clauses(const CheckResult& result) {
  std::vector<std::string> broken;
  for (const ClauseResult& clause : result.clauses) {
    if (clause.verdict == ClauseVerdict::broken) broken.emplace_back(clause.clause.id);
  }
  return broken;
}

/// A clause may be broken in several libraries: the name of each begins with it, and has a + and more.
[[nodiscard]] std::string promise_of(const std::string& name) {
  return name.substr(0, name.find('+'));
}

class BrokenLibrary : public testing::TestWithParam<std::string> {};

/// "threads" of "threads.outlives".
[[nodiscard]] std::string_view kind_of(std::string_view id) {
  return id.substr(0, id.find('.'));
}

/// The clause that a library breaks, and one in eighteen of those of other kinds, other ones for each
/// library: together the libraries are tried on every clause several times. What breaks a promise of a kind
/// may break another of that kind. The library without a fault, and one that dies, are tried on all.
[[nodiscard]] std::vector<std::string> clauses_for(const std::string& name) {
  constexpr std::size_t one_in = 18;
  if (name == control || promise_of(name) == survival) return {};
  const std::vector<std::string> all = libraries();
  const auto number = static_cast<std::size_t>(std::find(all.begin(), all.end(), name) - all.begin());
  const std::string promise = promise_of(name);
  std::vector<std::string> chosen = {promise};
  std::size_t place = number;
  for (const Clause& clause : clauses()) {
    if (place++ % one_in == 0 && kind_of(clause.id) != kind_of(promise) && clause.tier != Tier::profile)
      chosen.emplace_back(clause.id);
  }
  return chosen;
}

TEST_P(BrokenLibrary, IsAccusedOfThePromiseThatItBreaksAndOfNoOther) {
  // A promise that only some make is asked of none but the one that breaks it.
  const bool coalesces = promise_of(GetParam()) == "capacity.largest";
  const CheckResult result =
      check(target_named(path_of(GetParam())), {.only = clauses_for(GetParam()), .coalesces = coalesces});
  std::vector<std::string> expected;
  if (GetParam() != control) expected.push_back(promise_of(GetParam()));
  EXPECT_EQ(broken_clauses(result), expected) << "poolhammer check " << path_of(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Contract, BrokenLibrary, testing::ValuesIn(libraries()), [](const auto& test) {
  std::string name = test.param;
  std::replace_if(
      name.begin(), name.end(), [](char letter) { return letter == '.' || letter == '-' || letter == '+'; },
      '_');
  return name;
});

TEST(BrokenLibraries, ThereIsOneForEachPromise) {
  std::vector<std::string> promises = {std::string(survival), std::string(control)};
  for (const Clause& clause : clauses()) {
    if (clause.tier != Tier::profile) promises.emplace_back(clause.id);
  }
  std::set<std::string> broken;
  for (const std::string& name : libraries()) broken.insert(promise_of(name));
  EXPECT_THAT(broken, testing::UnorderedElementsAreArray(promises));
}

TEST(BrokenLibraries, APromiseThatNobodyDeclaredIsMeasuredAndNotAsked) {
  const CheckResult result = check(target_named(path_of("capacity.largest")),
                                   {.only = {"capacity.largest", "profile.largest-again"}});
  EXPECT_THAT(broken_clauses(result), testing::IsEmpty());
  ASSERT_EQ(result.clauses.size(), 2U);
  ASSERT_EQ(result.clauses[1].description.size(), 1U);
  EXPECT_EQ(result.clauses[1].description[0].second,
            "134217727 bytes at first; freed front to back: 1/2 of it; freed back to front: 1/2 of it; "
            "freed every other one first: 1/2 of it; freed in no order: 1/2 of it");
}

/// What shows in a signal handler alone, on either stack, in a child's own thread, or in a destructor of a
/// thread's data.
TEST(RandomPrograms, CallFromSignalHandlersDestructorsAndThreadsOfChildren) {
  for (const std::string name : {"signals.handler", "signals.handler+on-the-same-stack", "fork.threads",
                                 "threads.destructors", "threads.destructors+freed"}) {
    library::LibraryRunner runner(library::library_named("lib:" + path_of(name)), {});
    constexpr std::uint64_t some = 40;
    EXPECT_THAT(try_random_programs(runner, {.programs = some, .seed = 1, .known = {}}),
                testing::Not(testing::IsEmpty()))
        << name;
  }
}

TEST(RandomPrograms, SayHowManyAreLeftWhereTheyAreStopped) {
  library::LibraryRunner runner(library::library_named("lib:" + path_of(std::string(control))), {});
  std::uint64_t asked = 0;
  std::uint64_t left = 0;
  RandomProgramsOptions options{.programs = 5, .seed = 1, .threads = false, .known = {}};
  options.left_out = [&left](std::uint64_t programs) { left = programs; };
  EXPECT_THAT(try_random_programs(runner, options), testing::IsEmpty());
  EXPECT_EQ(left, 0U);
  options.stop = [&asked] { return ++asked > 2; };
  EXPECT_THAT(try_random_programs(runner, options), testing::IsEmpty());
  EXPECT_EQ(left, 3U);
}

TEST(OwnLibrary, KeepsEveryPromise) {
  const CheckResult result = check(target_named("pymalloc"));
  EXPECT_EQ(broken_clauses(result), std::vector<std::string>{});
}

}  // namespace
}  // namespace poolhammer::contract
