// Processes that a worker forked: a program finds in them what it finds in one that loaded the library
// itself.
#include "worker/fork_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/library/testing.hpp"
#include "harness/process/testing/left_over.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {
namespace {

using testing::HasSubstr;

[[nodiscard]] LibraryRunner forking(const std::string& subject, LibraryOptions options = {}) {
  options.forks = true;
  return runner_on(subject, options);
}

/// All that a program's client saw, addresses included, and how the process ended.
struct Seen {
  std::vector<StepRecord> records;
  std::string finding;
  std::string death;

  bool operator==(const Seen&) const = default;
};

[[nodiscard]] Seen seen_of(LibraryRunner& runner, const Trace& trace) {
  const auto performed = runner.perform(trace, {});
  return {{performed.records.begin(), performed.records.end()},
          performed.verdict.finding ? to_string(*performed.verdict.finding) : "",
          performed.death};
}

/// Programs one behind the other, each third in a fresh process.
[[nodiscard]] std::vector<Seen> all_seen(LibraryRunner& runner) {
  std::vector<Seen> all;
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    if (seed % 3 == 0) runner.renew();
    all.push_back(seen_of(runner, program(seed)));
  }
  const Trace acts = parse_text(
      "poolhammer trace 2\nb0 = malloc(100)\nfill_usable(b0)\nb0 = realloc(b0, 5000)\nfork()\n"
      "b1 = malloc(10)\nfree(b0)\nchild_ends()\nb1 = malloc(20)\nlimit_memory(100000000)\n"
      "exhaust(malloc, 100000, 20000, 0)\nrelease()\nlimit_memory(SIZE_MAX)\nthread 1: b2 = malloc(64)\n");
  all.push_back(seen_of(runner, acts));
  return all;
}

/// Whether two processes that load the library show the same: neither it nor the system draws addresses.
[[nodiscard]] bool repeats(const std::string& subject) {
  LibraryRunner one = runner_on(subject);
  LibraryRunner other = runner_on(subject);
  return seen_of(one, program(1)) == seen_of(other, program(1));
}

void expect_the_same_of(const std::string& subject) {
  LibraryRunner loads = runner_on(subject);
  LibraryRunner forks = forking(subject);
  const auto expected = all_seen(loads);
  const auto found = all_seen(forks);
  for (std::size_t index = 0; index < expected.size(); ++index) {
    EXPECT_TRUE(found[index].records == expected[index].records) << subject << ", program " << index;
    EXPECT_EQ(found[index].finding, expected[index].finding) << subject;
    EXPECT_EQ(found[index].death, expected[index].death) << subject;
  }
  EXPECT_EQ(forks.workers(), loads.workers()) << subject;
  EXPECT_EQ(forks.loads(), 1U) << subject;
  EXPECT_GT(forks.workers(), 1U) << subject;
}

TEST(ForkServer, ShowsTheSameDownToTheAddresses) {
  if (!repeats("lib:libc.so.6")) GTEST_SKIP() << "the system draws addresses";
  for (const std::string& subject : {std::string("lib:libc.so.6"), broken("sound"), broken("overwrites"),
                                     broken("crashes"), broken("aborts")})
    expect_the_same_of(subject);
}

TEST(ForkServer, ShowsTheSameOfTheLibrariesOfOthers) {
  unsigned compared = 0;
  for (const std::string subject : {"lib:libjemalloc.so.2", "lib:libmimalloc.so.2",
                                    "lib:libtcmalloc_minimal.so.4", "lib:libtbbmalloc_proxy.so.2"}) {
    try {
      if (!repeats(subject)) continue;
      expect_the_same_of(subject);
      ++compared;
    } catch (const InputError& error) {
      EXPECT_THAT(error.what(), HasSubstr("cannot open shared object file")) << "it is not installed";
    }
  }
  if (compared == 0) GTEST_SKIP() << "none is installed: ci/setup brings them";
}

TEST(ForkServer, FindsTheSameAsRunsThatLoadEachProcess) {
  for (const std::string fault : {"sound", "crashes", "crashes_late", "overwrites", "overlaps", "exits",
                                  "loses_on_realloc", "dirty_calloc", "strict"}) {
    LibraryRunner loads = runner_on(broken(fault));
    LibraryRunner forks = forking(broken(fault));
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Judgement expected = loads.run(program(seed), {});
      const Judgement found = forks.run(program(seed), {});
      ASSERT_EQ(found.verdict.finding.has_value(), expected.verdict.finding.has_value()) << fault;
      EXPECT_EQ(found.remark, expected.remark) << fault;
      EXPECT_EQ(found.with_history.has_value(), expected.with_history.has_value()) << fault;
      if (!expected.verdict.finding) continue;
      EXPECT_EQ(to_string(*found.verdict.finding), to_string(*expected.verdict.finding)) << fault;
    }
    EXPECT_TRUE(forks.may_fork()) << fault;
  }
}

TEST(ForkServer, EndsAHangOfAChildAndForksOn) {
  LibraryRunner runner = forking(broken("hangs"), {.time = std::chrono::milliseconds(300)});
  for (int time = 0; time < 2; ++time) {
    const auto performed = runner.perform(program(1), {});
    ASSERT_TRUE(performed.verdict.finding);
    EXPECT_EQ(performed.verdict.finding->oracle, "hang");
    EXPECT_EQ(performed.death, "did not end in time");
  }
  EXPECT_EQ(runner.workers(), 2U);
  EXPECT_EQ(runner.loads(), 1U);
}

TEST(ForkServer, EndsAnExplosionOfMemoryOfAChild) {
  Trace trace;
  for (std::uint32_t slot = 0; slot < 100'000; ++slot)
    trace.operations.push_back({OperationKind::malloc, slot, 0, 16});
  LibraryRunner runner = forking(broken("eats_memory"), {.resident_bytes = std::size_t{128} << 20U});
  const auto performed = runner.perform(trace, {});
  ASSERT_TRUE(performed.verdict.finding);
  EXPECT_EQ(performed.verdict.finding->oracle, "memory");
  EXPECT_LT(performed.verdict.finding->operation_index, 1000U);
}

TEST(ForkServer, LeavesNothingOfAChildBehind) {
  const TemporaryFolder folder;
  setenv("POOLHAMMER_TEST_MARK", (folder / "mark").c_str(), 1);
  LibraryRunner runner = forking(broken("leaves_a_process"));
  unsetenv("POOLHAMMER_TEST_MARK");
  EXPECT_EQ(runner.perform(program(1), {}).death, "");
  const std::string mark = contents_of(folder / "mark");
  pid_t left = 0;
  ASSERT_EQ(mark.size(), sizeof left);
  std::memcpy(&left, mark.data(), sizeof left);
  EXPECT_EQ(kill(left, 0), 0) << "it lives as long as the child";
  runner.renew();
  EXPECT_TRUE(kill(left, 0) != 0 && errno == ESRCH);
  EXPECT_EQ(runner.loads(), 1U);
}

TEST(ForkServer, LeavesNothingWhenThisProgramIsKilled) {
  const TemporaryFolder folder;
  const std::string mark = folder / "mark";
  EXPECT_TRUE(leaves_no_process([&mark] {
    setenv("POOLHAMMER_TEST_MARK", mark.c_str(), 1);
    const pid_t host = fork();
    if (host == 0) {
      LibraryRunner runner = forking(broken("leaves_a_process"));
      (void)runner.perform(program(1), {});
      for (;;) pause();
    }
    while (access(mark.c_str(), F_OK) != 0) sched_yield();
    kill(host, SIGKILL);
  }));
}

TEST(ForkServer, TakesAnEndBeforeTheFirstOperationForAFinding) {
  const LibraryOptions options{.time = std::chrono::milliseconds(100)};
  for (const auto& [fault, oracle] : {std::pair("hangs_at_start", "hang"), {"dies_at_start", "crash"}}) {
    LibraryRunner runner = forking(broken(fault), options);
    EXPECT_TRUE(runner.ends_at_start());
    const Judgement judgement = runner.run(program(1), {});
    ASSERT_TRUE(judgement.verdict.finding) << fault;
    EXPECT_EQ(judgement.verdict.finding->oracle, oracle);
    EXPECT_THAT(judgement.verdict.finding->found, HasSubstr("before the first operation"));
  }
}

TEST(ForkServer, IsNotUsedWhereTheLibraryStartsAThread) {
  LibraryRunner runner = forking(broken("has_a_thread"));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    runner.renew();
    EXPECT_FALSE(runner.perform(program(seed), {}).verdict.finding);
  }
  EXPECT_FALSE(runner.may_fork());
  EXPECT_EQ(runner.loads(), runner.workers());
}

TEST(ForkServer, IsNotUsedWhereNoChildComesToBe) {
  LibraryRunner runner = forking(broken("hangs_in_children"), {.time = std::chrono::milliseconds(100)});
  EXPECT_FALSE(runner.ends_at_start());
  EXPECT_FALSE(runner.run(program(1), {}).verdict.finding);
  EXPECT_FALSE(runner.may_fork());
}

TEST(ForkServer, ThatIsStoppedIsLostAndAnotherIsStarted) {
  LibraryRunner runner =
      forking(broken("stops_its_parent"), {.fork_patience = std::chrono::milliseconds(100)});
  EXPECT_FALSE(runner.perform(program(1), {}).verdict.finding);
  runner.renew();
  EXPECT_EQ(runner.loads(), 2U);
  // This one stops the supervisor, which is to end all the same.
  EXPECT_FALSE(runner.perform(program(2), {}).verdict.finding);
}

TEST(ForkServer, AccusesNoLibraryOfWhatOnlyAChildShows) {
  LibraryRunner runner = forking(broken("knows_its_process"));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Judgement judgement = runner.run(program(seed), {});
    EXPECT_FALSE(judgement.verdict.finding) << to_string(*judgement.verdict.finding);
  }
  EXPECT_FALSE(runner.may_fork()) << "a child did show it";
  EXPECT_EQ(runner.dropped(), 1U);
}

TEST(ForkServer, ConfirmsWhatAChildShowsInAProcessThatLoads) {
  LibraryRunner sound_in_children = forking(broken("crashes"));
  const auto real = sound_in_children.perform(program(1), {});
  ASSERT_TRUE(real.verdict.finding);
  EXPECT_TRUE(sound_in_children.confirms(*real.verdict.finding, {}, program(1), {}));
  EXPECT_TRUE(sound_in_children.may_fork());
  LibraryRunner unsound = forking(broken("knows_its_process"));
  const auto false_alarm = unsound.perform(program(1), {});
  ASSERT_TRUE(false_alarm.verdict.finding);
  EXPECT_FALSE(unsound.confirms(*false_alarm.verdict.finding, {}, program(1), {}));
  EXPECT_FALSE(unsound.may_fork());
  EXPECT_FALSE(unsound.perform(program(1), {}).verdict.finding);
}

TEST(ForkServer, ConfirmsBehindTheProgramsBefore) {
  LibraryRunner runner = forking(broken("crashes_late"));
  std::vector<Trace> before;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto performed = runner.perform(program(seed), {});
    if (performed.verdict.finding) {
      EXPECT_TRUE(runner.confirms(*performed.verdict.finding, before, program(seed), {}));
      EXPECT_TRUE(runner.may_fork());
      return;
    }
    before.push_back(program(seed));
  }
  FAIL() << "nothing found";
}

TEST(ForkServer, KeepsTheProcessThatIsThereWhileItConfirms) {
  LibraryRunner runner = forking(broken("overwrites"));
  const auto performed = runner.perform(program(1), {});
  ASSERT_TRUE(performed.verdict.finding);
  const std::uint64_t workers = runner.workers();
  EXPECT_TRUE(runner.confirms(*performed.verdict.finding, {}, program(1), {}));
  EXPECT_FALSE(runner.is_fresh());
  (void)runner.perform(program(2), {});
  EXPECT_EQ(runner.workers(), workers + 1) << "the one that confirmed";
}

TEST(ForkServer, StaysWhileAProcessIsWantedThatLoads) {
  LibraryRunner runner = forking(broken("sound"));
  runner.load_each(true);
  runner.renew();
  EXPECT_EQ(runner.loads(), 2U);
  runner.load_each(false);
  (void)runner.perform(program(1), {});
  runner.renew();
  EXPECT_EQ(runner.loads(), 2U);
  EXPECT_FALSE(runner.measure(program(1), {}).finding);
  EXPECT_EQ(runner.loads(), 3U);
}

TEST(ForkServer, IsReplacedWhenItIsKilled) {
  LibraryRunner runner = forking(broken("kills_its_parent"));
  const auto performed = runner.perform(program(1), {});
  EXPECT_TRUE(performed.killed);
  const Trace small = parse_text("poolhammer trace 2\nb0 = malloc(1)\n");
  EXPECT_FALSE(runner.perform(small, {}).verdict.finding);
  EXPECT_TRUE(runner.may_fork());
  EXPECT_EQ(runner.loads(), 2U);
}

}  // namespace
}  // namespace poolhammer::library
