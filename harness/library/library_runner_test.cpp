#include "harness/library/library_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "harness/base/format_error.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/library/library.hpp"
#include "harness/library/testing.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::library {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

[[nodiscard]] Judgement run_one(const std::string& subject, const LibraryOptions& options = {}) {
  return runner_on(subject, options).run(program(1), {});
}

/// The programs of one worker until one finds something; fails the test where none of fifty does.
[[nodiscard]] Judgement run_until_found(LibraryRunner& runner) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Judgement verdict = runner.run(program(seed), {});
    if (verdict.verdict.finding) return verdict;
  }
  ADD_FAILURE() << "nothing found";
  return {};
}

TEST(LibraryRunner, FindsNothingInASoundLibrary) {
  for (const std::string& subject :
       {broken("sound"), broken("refuses_nothing"), std::string("lib:libc.so.6")}) {
    LibraryRunner runner = runner_on(subject);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      const Judgement verdict = runner.run(program(seed), {});
      ASSERT_FALSE(verdict.verdict.finding) << subject << "\n" << to_string(*verdict.verdict.finding);
      EXPECT_EQ(verdict.verdict.statistics.operations, 1000U);
    }
    EXPECT_EQ(runner.workers(), 1U) << "one process serves many programs";
  }
}

TEST(LibraryRunner, KeepsItsOwnBookkeepingOutOfTheLibrary) {
  // The library dies of every request that is not one of the programs'.
  Trace trace;
  for (std::uint32_t slot = 0; slot < 2000; ++slot) {
    trace.operations.push_back({OperationKind::malloc, slot, 0, 777});
    if (slot % 3 == 0) trace.operations.push_back({OperationKind::calloc, 100'000 + slot, 3, 259});
    if (slot % 5 == 0) trace.operations.push_back({OperationKind::realloc, slot / 2, 0, 777});
    if (slot % 2 == 0) trace.operations.push_back({OperationKind::free, slot / 3, 0, 0});
  }
  RunOptions options;
  options.check_every = 64;
  LibraryRunner runner = runner_on(broken("strict"), {.observe = true});
  for (int time = 0; time < 3; ++time) {
    const Judgement verdict = runner.run(trace, options);
    ASSERT_FALSE(verdict.verdict.finding) << to_string(*verdict.verdict.finding);
  }
  EXPECT_EQ(runner.workers(), 1U);
  trace.operations.push_back({OperationKind::malloc, 200'000, 0, 24});
  EXPECT_TRUE(runner.run(trace, options).verdict.finding) << "it does die";
}

/// What these libraries are known to break (docs/conformance.md), and programs of plain functions show.
[[nodiscard]] RunOptions with_known_faults_accepted() {
  RunOptions options;
  options.accepted = {"failure.errno", "overflow.errno"};
  return options;
}

TEST(LibraryRunner, FindsNothingInTheLibrariesOfOthers) {
  unsigned known = 0;
  for (const char* const subject : {"lib:libjemalloc.so.2", "lib:libmimalloc.so.2",
                                    "lib:libtcmalloc_minimal.so.4", "lib:libtbbmalloc_proxy.so.2"}) {
    for (const LibraryOptions& options :
         {LibraryOptions{}, LibraryOptions{.threads = 3}, LibraryOptions{.threads = 3, .at_once = true}}) {
      try {
        LibraryRunner runner = runner_on(subject, options);
        ++known;
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
          const Judgement verdict = runner.run(program(seed), with_known_faults_accepted());
          ASSERT_FALSE(verdict.verdict.finding) << subject << "\n" << to_string(*verdict.verdict.finding);
        }
      } catch (const InputError& error) {
        EXPECT_THAT(error.what(), HasSubstr("cannot open shared object file"))
            << "the package is not installed";
      }
    }
  }
  if (known == 0) GTEST_SKIP() << "none is installed: ci/setup brings them";
}

TEST(LibraryRunner, TellsTheSameStatisticsAsARunInThisProcess) {
  const auto libc = make_subject("libc");
  const Verdict here = poolhammer::run(program(3), *libc);
  const Verdict there = runner_on("lib:libc.so.6").run(program(3), {}).verdict;
  EXPECT_EQ(there.statistics.operations, here.statistics.operations);
  EXPECT_EQ(there.statistics.skipped, here.statistics.skipped);
  EXPECT_EQ(there.statistics.checks, here.statistics.checks);
  EXPECT_EQ(there.statistics.peak_live_blocks, here.statistics.peak_live_blocks);
}

TEST(LibraryRunner, TellsACrashWithItsStepAndTheFunction) {
  const Judgement verdict = run_one(broken("crashes"));
  ASSERT_TRUE(verdict.verdict.finding);
  const Finding& finding = *verdict.verdict.finding;
  EXPECT_EQ(finding.oracle, "crash");
  EXPECT_THAT(finding.found, AllOf(HasSubstr("died by signal 4"), HasSubstr("in malloc")));
  EXPECT_THAT(finding.operation, HasSubstr("malloc("));
  EXPECT_EQ(finding.operation, to_text(program(1).operations[finding.operation_index]));
}

TEST(LibraryRunner, TellsWhatADyingLibraryWrote) {
  const Judgement verdict = run_one(broken("aborts"));
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_THAT(
      verdict.verdict.finding->found,
      AllOf(HasSubstr("died by signal 6"), HasSubstr("it wrote: broken library: the heap is damaged")));
}

TEST(LibraryRunner, TakesAnEndOfTheProcessForACrash) {
  const Judgement verdict = run_one(broken("exits"));
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_EQ(verdict.verdict.finding->oracle, "crash");
  EXPECT_THAT(verdict.verdict.finding->found, HasSubstr("ended with status 0, in malloc"));
}

TEST(LibraryRunner, EndsAHang) {
  const Judgement verdict = run_one(broken("hangs"), {.time = std::chrono::milliseconds(1000)});
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_EQ(verdict.verdict.finding->oracle, "hang");
  EXPECT_THAT(verdict.verdict.finding->operation, HasSubstr("malloc("));
}

TEST(LibraryRunner, EndsASpinInFree) {
  const Judgement verdict = run_one(broken("spins_in_free"), {.time = std::chrono::milliseconds(1000)});
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_EQ(verdict.verdict.finding->oracle, "hang");
  EXPECT_THAT(verdict.verdict.finding->found, HasSubstr("did not end in time, in free"));
}

TEST(LibraryRunner, TakesManySlowCallsForNoHang) {
  LibraryRunner runner = runner_on(broken("slow_with_many"), {.time = std::chrono::milliseconds(500)});
  const std::string acts = "recycle(malloc, 300, 5005, 0)\nexhaust(malloc, 300, 5005, 0)\n";
  const Judgement verdict = runner.run(parse_text("poolhammer trace 2\n" + acts), {});
  EXPECT_FALSE(verdict.verdict.finding) << to_string(*verdict.verdict.finding);
  // Neither came to its end: nothing is said of either.
  EXPECT_EQ(verdict.verdict.statistics.skipped, 2U);
  EXPECT_TRUE(runner.is_slow());
}

TEST(LibraryRunner, EndsAProgramThatDoesNotFreeAllInTime) {
  LibraryRunner runner = runner_on(broken("slow_with_many"), {.time = std::chrono::milliseconds(500)});
  const Trace program =
      parse_text("poolhammer trace 2\nexhaust(malloc, 20, 5005, 0)\nrelease()\nb0 = malloc(8)\n");
  const Judgement verdict = runner.run(program, {});
  EXPECT_FALSE(verdict.verdict.finding) << to_string(*verdict.verdict.finding);
  // What comes after it, in this program or the next, would meet blocks of which its judge knows nothing.
  EXPECT_EQ(verdict.verdict.statistics.operations, 2U);
  EXPECT_FALSE(runner.goes_on());
}

TEST(LibraryRunner, TakesAnEndBeforeTheFirstOperationForAFinding) {
  const LibraryOptions options{.time = std::chrono::milliseconds(100)};
  const Judgement hang = run_one(broken("hangs_at_start"), options);
  ASSERT_TRUE(hang.verdict.finding);
  EXPECT_EQ(hang.verdict.finding->oracle, "hang");
  EXPECT_EQ(hang.verdict.finding->found, "the process did not end in time, before the first operation");
  const Judgement crash = run_one(broken("dies_at_start"));
  ASSERT_TRUE(crash.verdict.finding);
  EXPECT_EQ(crash.verdict.finding->oracle, "crash");
  EXPECT_THAT(crash.verdict.finding->found, HasSubstr("died by signal 4"));
}

TEST(LibraryRunner, EndsAnExplosionOfMemory) {
  Trace trace;
  for (std::uint32_t slot = 0; slot < 100'000; ++slot)
    trace.operations.push_back({OperationKind::malloc, slot, 0, 16});
  const Judgement verdict =
      runner_on(broken("eats_memory"), {.resident_bytes = std::size_t{128} << 20U}).run(trace, {});
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_EQ(verdict.verdict.finding->oracle, "memory");
  EXPECT_LT(verdict.verdict.finding->operation_index, 1000U);
}

struct Damage {
  const char* fault;
  const char* oracle;
};

TEST(LibraryRunner, SeesWhatALibraryDoesToItsBlocks) {
  for (const Damage& damage :
       {Damage{"overwrites", "shadow.contents"}, Damage{"overlaps", "shadow.disjoint"},
        Damage{"loses_on_realloc", "shadow.kept"}, Damage{"dirty_calloc", "shadow.zeroed"}}) {
    LibraryRunner runner = runner_on(broken(damage.fault));
    const Judgement verdict = run_until_found(runner);
    ASSERT_TRUE(verdict.verdict.finding) << damage.fault;
    EXPECT_EQ(verdict.verdict.finding->oracle, damage.oracle) << to_string(*verdict.verdict.finding);
    EXPECT_EQ(verdict.remark, "") << damage.fault;
  }
}

TEST(LibraryRunner, SaysTheSameFindingAgain) {
  for (const char* const fault : {"crashes", "overwrites", "overlaps"}) {
    LibraryRunner runner = runner_on(broken(fault));
    const Judgement first = runner.run(program(1), {});
    const Judgement second = runner.run(program(1), {});
    const Judgement elsewhere = run_one(broken(fault));
    ASSERT_TRUE(first.verdict.finding && second.verdict.finding && elsewhere.verdict.finding) << fault;
    EXPECT_EQ(to_string(*first.verdict.finding), to_string(*second.verdict.finding));
    EXPECT_EQ(to_string(*first.verdict.finding), to_string(*elsewhere.verdict.finding));
  }
}

TEST(LibraryRunner, GivesTheProgramsBeforeWhereTheyMatter) {
  LibraryRunner runner = runner_on(broken("crashes_late"));
  const Judgement verdict = run_until_found(runner);
  ASSERT_TRUE(verdict.with_history);
  EXPECT_THAT(verdict.remark, HasSubstr("the last program alone does not show it"));
  EXPECT_GT(verdict.with_history->operations.size(), 1000U);
  const Judgement again = runner_on(broken("crashes_late")).run(*verdict.with_history, {});
  ASSERT_TRUE(again.verdict.finding);
  EXPECT_EQ(to_string(*again.verdict.finding), to_string(*verdict.verdict.finding));
}

TEST(LibraryRunner, SaysWhereAFindingDoesNotShowAgain) {
  const TemporaryFolder folder;
  setenv("POOLHAMMER_TEST_MARK", (folder / "mark").c_str(), 1);
  LibraryRunner runner = runner_on(broken("crashes_once"));
  Trace small;
  small.operations.push_back({OperationKind::malloc, 0, 0, 1});
  ASSERT_FALSE(runner.run(small, {}).verdict.finding);
  const Judgement verdict = runner.run(program(1), {});
  unsetenv("POOLHAMMER_TEST_MARK");
  ASSERT_TRUE(verdict.verdict.finding);
  EXPECT_THAT(verdict.remark, HasSubstr("did not show again"));
  EXPECT_FALSE(verdict.with_history);
}

TEST(LibraryRunner, GoesOnAfterEveryDeath) {
  LibraryRunner runner = runner_on(broken("crashes"));
  Trace small;
  small.operations.push_back({OperationKind::malloc, 0, 0, 1});
  for (int time = 0; time < 3; ++time) {
    EXPECT_TRUE(runner.run(program(1), {}).verdict.finding);
    EXPECT_FALSE(runner.run(small, {}).verdict.finding);
  }
}

TEST(LibraryRunner, RunsAProgramLargerThanItsUsualRoom) {
  Trace trace;
  trace.operations.assign(5'000'000, {OperationKind::free, 0, 0, 0});
  const Judgement verdict = run_one("lib:libc.so.6");
  EXPECT_FALSE(verdict.verdict.finding);
  const Judgement large = runner_on("lib:libc.so.6").run(trace, {});
  EXPECT_FALSE(large.verdict.finding);
  EXPECT_EQ(large.verdict.statistics.operations, trace.operations.size());
}

TEST(LibraryRunner, SeesABlockFreedByAnotherThread) {
  EXPECT_FALSE(run_one(broken("crashes_elsewhere")).verdict.finding);
  const Judgement first = run_one(broken("crashes_elsewhere"), {.threads = 3});
  const Judgement second = run_one(broken("crashes_elsewhere"), {.threads = 3});
  ASSERT_TRUE(first.verdict.finding);
  ASSERT_TRUE(second.verdict.finding);
  EXPECT_EQ(to_string(*first.verdict.finding), to_string(*second.verdict.finding)) << "the schedule repeats";
}

TEST(LibraryRunner, SeesARaceOfThreadsAtOnceAndNoneInTurn) {
  LibraryRunner in_turn = runner_on(broken("races"), {.threads = 4});
  LibraryRunner at_once = runner_on(broken("races"), {.threads = 4, .at_once = true});
  bool found = false;
  for (std::uint64_t seed = 1; seed <= 100 && !found; ++seed) {
    const Judgement lawful = in_turn.run(program(seed), {});
    ASSERT_FALSE(lawful.verdict.finding) << to_string(*lawful.verdict.finding);
    const Judgement verdict = at_once.run(program(seed), {});
    found = verdict.verdict.finding.has_value();
    EXPECT_THAT(verdict.remark, found ? HasSubstr("may not show again") : HasSubstr(""));
  }
  EXPECT_TRUE(found);
}

TEST(LibraryRunner, FindsNothingAtOnceInASoundLibrary) {
  LibraryRunner runner = runner_on(broken("sound"), {.threads = 4, .at_once = true});
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Judgement verdict = runner.run(program(seed), {});
    ASSERT_FALSE(verdict.verdict.finding) << to_string(*verdict.verdict.finding);
    EXPECT_EQ(verdict.verdict.statistics.operations, 1000U);
  }
}

TEST(LibraryRunner, TellsWhatCanBeSeenFromOutside) {
  LibraryRunner runner = runner_on("lib:libc.so.6", {.observe = true});
  ASSERT_FALSE(runner.run(program(1), {}).verdict.finding);
  const std::vector<std::uint8_t> first(runner.features().begin(), runner.features().end());
  ASSERT_FALSE(runner.run({}, {}).verdict.finding);
  const std::vector<std::uint8_t> nothing(runner.features().begin(), runner.features().end());
  EXPECT_EQ(first.size(), nothing.size());
  EXPECT_NE(first, nothing);
  EXPECT_TRUE(runner.coverage().empty()) << "the C library is not instrumented";
}

TEST(LibraryRunner, LearnsTheConstantsThatAnInstrumentedLibraryComparesWith) {
  LibraryRunner runner = runner_on(broken("tells_constants"));
  EXPECT_THAT(runner.learned().constants, testing::Contains(1'234'567U));
  EXPECT_THAT(runner_on(broken("crashes_at_a_size")).learned().constants, testing::IsEmpty());
  // So random programs ask for that size soon.
  const Breadth breadth = runner.breadth(std::uint64_t{64} << 20U, false);
  std::optional<Finding> finding;
  for (std::uint64_t seed = 1; seed <= 20 && !finding; ++seed)
    finding = runner.run(generate(seed, {.operations = 1000, .breadth = breadth}), {}).verdict.finding;
  ASSERT_TRUE(finding);
  EXPECT_THAT(finding->operation, HasSubstr("1234567"));
}

#ifdef __clang__
TEST(LibraryRunner, TellsTheEdgesOfAnInstrumentedLibrary) {
  for (const char* const build : {"guarded", "counted"}) {
    LibraryRunner runner = runner_on(broken(build));
    const auto edges_of = [&](const Trace& trace) {
      EXPECT_FALSE(runner.run(trace, {}).verdict.finding);
      return std::vector<std::uint8_t>(runner.coverage().begin(), runner.coverage().end());
    };
    const auto nothing = edges_of({});
    const auto malloc = edges_of({LayoutId::classic, {{OperationKind::malloc, 0, 0, 8}}});
    const auto calloc = edges_of({LayoutId::classic, {{OperationKind::calloc, 0, 1, 8}}});
    const auto malloc_again = edges_of({LayoutId::classic, {{OperationKind::malloc, 0, 0, 8}}});
    ASSERT_FALSE(malloc.empty()) << build;
    EXPECT_NE(malloc, nothing) << build;
    EXPECT_NE(malloc, calloc) << build;
    EXPECT_EQ(malloc, malloc_again) << build;
  }
}
#endif

TEST(LibraryNamed, SaysInOneLineWhatIsWrong) {
  const TemporaryFolder folder;
  const std::string text = folder.file("x.so", "no library at all").string();
  const std::string cut = folder
                              .file("y.so",
                                    "\x7f"
                                    "ELF")
                              .string();
  const auto complaint = [](const std::string& subject) -> std::string {
    try {
      (void)runner_on(subject);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(complaint("lib:"), HasSubstr("expected a path"));
  EXPECT_THAT(complaint("lib:/no/such/file.so"), HasSubstr("No such file"));
  EXPECT_THAT(complaint("lib:libnosuch.so.7"), HasSubstr("libnosuch.so.7"));
  EXPECT_THAT(complaint("lib:" + text), HasSubstr("does not begin as an ELF file"));
  EXPECT_THAT(complaint("lib:" + cut), HasSubstr("not a library that the loader takes"));
  EXPECT_THAT(complaint("lib:libm.so.6"), HasSubstr("no malloc"));
  EXPECT_THAT(complaint("lib:" + folder.path().string() + "/."), HasSubstr("found a folder"));
}

}  // namespace
}  // namespace poolhammer::library
