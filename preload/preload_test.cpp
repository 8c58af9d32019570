#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "harness/base/temporary_folder.hpp"

namespace poolhammer::preload {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

struct Outcome {
  int status = 0;      ///< as a shell has it: 128 + the signal that ended it
  std::string output;  ///< both streams
};

/// Runs a command line of the shell under a library. `environment` is what stands before a command.
[[nodiscard]] Outcome run(const std::string& environment, const std::string& command,
                          const std::string& library = POOLHAMMER_PRELOAD) {
  const std::string line = "exec env " + environment + " LD_PRELOAD='" + library + "' " + command + " 2>&1";
  Outcome outcome;
  FILE* const pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("popen failed");
  std::array<char, 4096> part{};
  while (const std::size_t got = std::fread(part.data(), 1, part.size(), pipe))
    outcome.output.append(part.data(), got);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

/// The client that this room has for its tests.
[[nodiscard]] Outcome client(const std::string& mode, const std::string& environment = {}) {
  return run(environment, "'" POOLHAMMER_PRELOAD_CLIENT "' " + mode);
}

void expect_kept(const std::string& mode, const std::string& environment = {}) {
  const Outcome outcome = client(mode, environment);
  EXPECT_EQ(outcome.status, 0) << mode;
  EXPECT_THAT(outcome.output, IsEmpty()) << mode;
}

void expect_named(const std::string& mode, const std::string& invariant) {
  const Outcome outcome = client(mode, "PYMALLOC_CHECK=1");
  EXPECT_EQ(outcome.status, 128 + SIGABRT) << outcome.output;
  EXPECT_THAT(outcome.output,
              MatchesRegex("pymalloc: process [0-9]+ \\(preload_client\\): damaged heap, found at operation "
                           "[0-9]+: " +
                           invariant + ": arena 0, .*: expected .*, found .*\n"));
}

struct Report {
  Outcome outcome;
  std::vector<nlohmann::json> processes;  ///< what each said about itself, in the order of their ends
};

/// Runs the client, which must end as `status` says, and reads what its processes said in the file of the
/// statistics.
[[nodiscard]] Report report_of(const std::string& mode, const std::string& environment = {}, int status = 0) {
  const TemporaryFolder folder;
  const std::string file = (folder / "statistics").string();
  Report report;
  report.outcome = client(mode, environment + " PYMALLOC_STATS='" + file + "'");
  EXPECT_EQ(report.outcome.status, status) << report.outcome.output;
  std::istringstream lines(contents_of(file));
  for (std::string line; std::getline(lines, line);) report.processes.push_back(nlohmann::json::parse(line));
  return report;
}

/// A figure of a client that is one process.
[[nodiscard]] long figure(const Report& report, const std::string& name) {
  return report.processes.at(0).at(name).get<long>();
}

TEST(Preload, ServesEveryFunctionOfTheFamily) {
  for (const char* const check : {"PYMALLOC_CHECK=0", "PYMALLOC_CHECK=7"}) {
    expect_kept("serves", check);
    expect_kept("aligns", check);
    expect_kept("reallocates", check);
  }
}

TEST(Preload, RefusesAsPosixSays) {
  expect_kept("refuses");
  expect_kept("refuses", "PYMALLOC_CHECK=1");
}

TEST(Preload, ServesEveryFormOfNewAndLeavesItsFailureToTheProgramsRuntime) {
  expect_kept("news");
  expect_kept("news", "PYMALLOC_CHECK=1");
}

TEST(Preload, ServesALibraryThatIsBoundToItselfFirst) {
  expect_kept("loads-deep-bound", "PYMALLOC_CHECK=1");
}

TEST(Preload, LetsThreadsFreeEachOthersBlocks) {
  expect_kept("shares");
  expect_kept("shares-a-little", "PYMALLOC_CHECK=10");
}

TEST(Preload, LetsChildrenOfAThreadedProcessAllocate) {
  expect_kept("forks-among-threads");
  expect_kept("forks-among-threads", "PYMALLOC_CHECK=1000");
}

TEST(Preload, LetsHandlersOfAForkAllocate) {
  expect_kept("allocates-in-fork-handlers", "PYMALLOC_CHECK=1");
}

TEST(Preload, LetsTheHandlerOfACrashInsideAllocate) {
  const Outcome outcome = client("crashes-inside");
  EXPECT_EQ(outcome.status, 7) << outcome.output;
}

TEST(Preload, OutlivesTheEndOfMemory) {
  expect_kept("exhausts");
  expect_kept("exhausts", "PYMALLOC_CHECK=50000");
}

TEST(Preload, GivesUpACheckThatFindsNoMemoryForItsBooks) {
  const Report report = report_of("insists", "PYMALLOC_CHECK=500");
  EXPECT_GE(figure(report, "checks_given_up"), 1);
  EXPECT_GT(figure(report, "checks"), 100);
}

TEST(Preload, EndsWithTheStatusOfAThreadThatEndsTheProgram) {
  EXPECT_GT(figure(report_of("ends-in-a-thread", "PYMALLOC_CHECK=1", 5), "checks"), 10);
}

TEST(Preload, NamesAWriteIntoAFreedBlock) {
  expect_named("writes-into-a-freed-block", "free-list\\.inside-pool");
  EXPECT_THAT(client("writes-into-a-freed-block", "PYMALLOC_CHECK=1").output,
              HasSubstr("0xabababababababab"));
}

TEST(Preload, NamesABlockFreedTwice) {
  expect_named("frees-twice", "free-list\\.no-block-twice");
}

TEST(Preload, NamesABlockThatIsNotAlignedAsPromised) {
  const auto misaligned = [](const std::string& environment) {
    return run(environment, "'" POOLHAMMER_PRELOAD_CLIENT "' keeps-1000", POOLHAMMER_PRELOAD_MISALIGNED);
  };
  const Outcome outcome = misaligned("PYMALLOC_CHECK=1000000000");
  EXPECT_EQ(outcome.status, 128 + SIGABRT) << outcome.output;
  EXPECT_THAT(outcome.output,
              MatchesRegex("pymalloc: process [0-9]+ \\(preload_client\\): damaged heap, found at "
                           "operation [0-9]+: block\\.alignment: at 0x[0-9a-f]*8: expected a "
                           "multiple of 16, found 8 bytes more\n"));
  EXPECT_EQ(misaligned("PYMALLOC_CHECK=0").status, 0);
}

TEST(Preload, LooksOnceMoreAtTheEnd) {
  expect_named("writes-before-a-pool", "pool\\.ref-count");
  const Outcome outcome = client("writes-before-a-pool", "PYMALLOC_CHECK=1000000000");
  EXPECT_EQ(outcome.status, 128 + SIGABRT);
  EXPECT_THAT(outcome.output, HasSubstr("pool.ref-count"));
}

TEST(Preload, ChecksNothingUnasked) {
  EXPECT_EQ(client("writes-before-a-pool").status, 0);
}

TEST(Preload, ChecksAsOftenAsItIsAsked) {
  const auto checks = [](const std::string& every) {
    return figure(report_of("keeps-1000", "PYMALLOC_CHECK=" + every), "checks");
  };
  EXPECT_GE(checks("1"), 1001);
  // One more at the end.
  EXPECT_EQ(checks("100"), (checks("1") - 1) / 100 + 1);
  EXPECT_EQ(checks("0"), 0);
}

TEST(Preload, CountsWhatTheProgramAsksFor) {
  const Report without = report_of("keeps-0");
  const Report with = report_of("keeps-1000");
  const auto more = [&](const std::string& name) { return figure(with, name) - figure(without, name); };
  EXPECT_EQ(more("small_allocations"), 1000);
  EXPECT_EQ(more("large_allocations"), 0);
  EXPECT_EQ(more("reallocations"), 0);
  EXPECT_EQ(more("frees"), 0);
  const auto bytes = [](const Report& report) {
    return report.processes.at(0).at("heap").at("bytes").at("in_use").get<long>();
  };
  EXPECT_EQ(bytes(with) - bytes(without), 32000);
  EXPECT_EQ(with.processes.at(0).at("heap").at("arena_events").at("most").get<long>(), 1);
  EXPECT_EQ(with.processes.at(0).at("program").get<std::string>(), "preload_client");
}

TEST(Preload, CountsAChildFromItsFork) {
  const Report report = report_of("leaves-a-child");
  ASSERT_EQ(report.processes.size(), 2U);
  const auto& [child, parent] = std::tie(report.processes[0], report.processes[1]);
  EXPECT_EQ(child.at("small_allocations").get<long>(), 10);
  EXPECT_GE(parent.at("small_allocations").get<long>(), 1000);
  EXPECT_EQ(child.at("heap").at("bytes").at("in_use").get<long>() -
                parent.at("heap").at("bytes").at("in_use").get<long>(),
            320);
}

TEST(Preload, SpeaksWhereTheProgramClosesItsStandardError) {
  EXPECT_THAT(client("closes-stderr", "PYMALLOC_STATS=1").output,
              AllOf(HasSubstr("small_allocations "), HasSubstr("# arenas now")));
}

TEST(Preload, WritesDamageIntoTheFileOfTheStatisticsToo) {
  const Report report = report_of("frees-twice", "PYMALLOC_CHECK=1", 128 + SIGABRT);
  ASSERT_EQ(report.processes.size(), 1U);
  EXPECT_THAT(report.processes[0].at("damage").get<std::string>(), HasSubstr("free-list.no-block-twice"));
}

TEST(Preload, CountsNoDamagedHeap) {
  const Report report = report_of("writes-before-a-pool");
  EXPECT_FALSE(report.processes.at(0).contains("heap"));
  EXPECT_THAT(report.processes[0].at("damage").get<std::string>(), HasSubstr("pool.ref-count"));
}

TEST(Preload, RefusesSettingsThatMeanNothing) {
  for (const char* const setting :
       {"PYMALLOC_CHECK=often", "PYMALLOC_CHECK=-1", "PYMALLOC_CHECK=1k",
        "PYMALLOC_CHECK=99999999999999999999", "PYMALLOC_STATS=yes", "PYMALLOC_STATS=relative/path"}) {
    const Outcome outcome = client("keeps-0", setting);
    EXPECT_EQ(outcome.status, 2) << setting;
    EXPECT_THAT(outcome.output, MatchesRegex("pymalloc: PYMALLOC_(CHECK|STATS) is '.*': expected .*\n"))
        << setting;
  }
  expect_kept("keeps-0", "PYMALLOC_CHECK= PYMALLOC_STATS=");
}

TEST(Preload, RunsAShellItsChildrenAndTheirPipes) {
  const Outcome outcome =
      run("PYMALLOC_CHECK=100", "sh -c 'for i in 3 1 2; do echo $i; done | sort | tr \"\\n\" \" \"'");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "1 2 3 ");
}

}  // namespace
}  // namespace poolhammer::preload
