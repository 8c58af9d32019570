#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

#include "harness/trace/temporary_folder.hpp"

namespace poolhammer::preload {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

struct Outcome {
  int status = 0;      ///< as a shell has it: 128 + the signal that ended it
  std::string output;  ///< both streams
};

/// Runs a command line of the shell under the library. `environment` is what stands before a command.
[[nodiscard]] Outcome run(const std::string& environment, const std::string& command) {
  const std::string line =
      "exec env " + environment + " LD_PRELOAD='" POOLHAMMER_PRELOAD "' " + command + " 2>&1";
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

/// The figures of a report by their names; the last report where there are several.
[[nodiscard]] std::map<std::string, long> figures(const std::string& report) {
  std::map<std::string, long> found;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    long value = 0;
    if (line.starts_with("  ") && words >> name >> value) found[name] = value;
  }
  return found;
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

TEST(Preload, OutlivesTheEndOfMemory) {
  expect_kept("exhausts");
  expect_kept("exhausts", "PYMALLOC_CHECK=50000");
}

TEST(Preload, GivesUpACheckThatFindsNoMemoryForItsBooks) {
  const Outcome outcome = client("insists", "PYMALLOC_CHECK=500 PYMALLOC_STATS=1");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  auto found = figures(outcome.output);
  EXPECT_GE(found["checks-given-up"], 1);
  EXPECT_GT(found["checks"], 100);
}

TEST(Preload, EndsWithTheStatusOfAThreadThatEndsTheProgram) {
  const Outcome outcome = client("ends-in-a-thread", "PYMALLOC_CHECK=1 PYMALLOC_STATS=1");
  EXPECT_EQ(outcome.status, 5);
  EXPECT_GT(figures(outcome.output)["checks"], 10);
}

TEST(Preload, NamesAWriteIntoAFreedBlock) {
  expect_named("writes-into-a-freed-block", "free-list\\.inside-pool");
  EXPECT_THAT(client("writes-into-a-freed-block", "PYMALLOC_CHECK=1").output,
              HasSubstr("0xabababababababab"));
}

TEST(Preload, NamesABlockFreedTwice) {
  expect_named("frees-twice", "free-list\\.no-block-twice");
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
    return figures(client("keeps-1000", "PYMALLOC_STATS=1 PYMALLOC_CHECK=" + every).output);
  };
  const auto often = checks("1");
  EXPECT_EQ(often.at("checks-given-up"), 0);
  EXPECT_GE(often.at("checks"), 1001);
  // One more at the end.
  EXPECT_EQ(checks("100").at("checks"), (often.at("checks") - 1) / 100 + 1);
  EXPECT_EQ(checks("0").at("checks"), 0);
}

TEST(Preload, CountsWhatTheProgramAsksFor) {
  const auto without = figures(client("keeps-0", "PYMALLOC_STATS=1").output);
  auto with = figures(client("keeps-1000", "PYMALLOC_STATS=1").output);
  ASSERT_FALSE(without.empty());
  EXPECT_EQ(with["arenas-most"], 1);
  for (const auto& [name, value] : without) with[name] -= value;
  EXPECT_EQ(with["small-allocations"], 1000);
  EXPECT_EQ(with["blocks-in-use"], 1000);
  EXPECT_EQ(with["bytes-in-use"], 32000);
  EXPECT_EQ(with["large-allocations"], 0);
  EXPECT_EQ(with["frees"], 0);
  EXPECT_EQ(with["reallocations"], 0);
}

TEST(Preload, CountsAChildFromItsFork) {
  const TemporaryFolder folder;
  const std::string file = (folder / "statistics").string();
  const Outcome outcome = client("leaves-a-child", "PYMALLOC_STATS='" + file + "'");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output, "");
  const std::string both = contents_of(file);
  const std::size_t second = both.find("pymalloc: process", 1);
  ASSERT_NE(second, std::string::npos);
  // The child ends first.
  EXPECT_EQ(figures(both.substr(0, second)).at("small-allocations"), 10);
  EXPECT_GE(figures(both.substr(0, second)).at("blocks-in-use"), 1010);
  EXPECT_GE(figures(both.substr(second)).at("small-allocations"), 1000);
}

TEST(Preload, SpeaksWhereTheProgramClosesItsStandardError) {
  EXPECT_THAT(client("closes-stderr", "PYMALLOC_STATS=1").output, HasSubstr("small-allocations "));
}

TEST(Preload, WritesDamageIntoTheFileOfTheStatisticsToo) {
  const TemporaryFolder folder;
  const std::string file = (folder / "statistics").string();
  EXPECT_EQ(client("frees-twice", "PYMALLOC_CHECK=1 PYMALLOC_STATS='" + file + "'").status, 128 + SIGABRT);
  EXPECT_THAT(contents_of(file), HasSubstr("free-list.no-block-twice"));
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
