// Libraries as subjects (lib:...), as the command's users see them.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/testing/broken_library.hpp"
#include "harness/process/environment.hpp"
#include "harness/process/testing/left_over.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view four_steps =
    "poolhammer trace 2\nlayout tiny\nb0 = malloc(24)\nb1 = calloc(2, 60)\nb2 = malloc(0)\nb0 = realloc(b0, "
    "300)\nfree(b0)\ncheck()\n";

TEST(Library, IsHammeredByRandomPrograms) {
  const Outcome outcome = poolhammer({"run", "--operations", "20000", "--subject", broken("sound")});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.out, "20 programs, 20 000 operations, seed 1: nothing found\n");
}

TEST(Library, IsHammeredByThreads) {
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--at-once"}, {"--schedule", "7"}}) {
    std::vector<std::string> arguments = {"run",           "--operations", "5000", "--subject",
                                          broken("sound"), "--threads",    "4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome;
    EXPECT_THAT(outcome.out, HasSubstr("5 000 operations, seed 1: nothing found"));
  }
}

TEST(Library, IsSaidToCoalesceInTheReplayThatARunOffersToo) {
  const TemporaryFolder folder;
  const Outcome run = poolhammer(
      {"run", "--coalesces", "--operations", "100000", "--subject", broken("crashes")}, in(folder));
  const std::string command = lines_of(run.out).back();
  ASSERT_THAT(command, AllOf(StartsWith("poolhammer replay "), HasSubstr(" --coalesces")));
  EXPECT_EQ(shell(command, in(folder)).status, 1);
}

TEST(Library, SaysTheSameFindingInTheReplayThatARunOffers) {
  const TemporaryFolder folder;
  for (const char* const fault : {"crashes", "overwrites", "exits", "crashes_late"}) {
    const Outcome run = poolhammer({"run", "--operations", "100000", "--subject", broken(fault)}, in(folder));
    ASSERT_EQ(run.status, 1) << run;
    const std::string command = lines_of(run.out).back();
    ASSERT_THAT(command, AllOf(StartsWith("poolhammer replay "), HasSubstr(broken(fault))));
    const Outcome replay = shell(command, in(folder));
    EXPECT_EQ(replay.status, 1) << replay;
    const std::string finding = run.out.substr(run.out.find("FINDING:"));
    // What the run remarks is about how it came to the finding.
    const std::string facts = finding.substr(0, finding.find("  remark:"));
    EXPECT_THAT(replay.out, HasSubstr(facts.substr(0, facts.find("  as C:")))) << run;
  }
}

TEST(Library, ThatBreaksUnderThreadsIsShownAgainWithThem) {
  const TemporaryFolder folder;
  const Outcome run = poolhammer({"run", "--operations", "100000", "--threads", "3", "--schedule", "5",
                                  "--subject", broken("crashes_elsewhere")},
                                 in(folder));
  ASSERT_EQ(run.status, 1) << run;
  const std::string command = lines_of(run.out).back();
  EXPECT_THAT(command, AllOf(HasSubstr("--threads 3"), HasSubstr("--schedule 5")));
  const Outcome replay = shell(command, in(folder));
  EXPECT_EQ(replay.status, 1) << replay;
  EXPECT_THAT(replay.out, HasSubstr("FINDING: crash"));
}

TEST(Library, ThatHangsIsAFindingAndTheNextFileIsReplayed) {
  const TemporaryFolder folder;
  std::string program = "poolhammer trace 2\nlayout tiny\n";
  for (int slot = 0; slot < 200; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  const std::string first = folder.file("1.trace", program).string();
  const std::string second = folder.file("2.trace", four_steps).string();
  const Outcome outcome =
      poolhammer({"replay", first, second, "--timeout", "1", "--subject", broken("hangs")});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FINDING: hang"), HasSubstr(second + " on " + broken("hangs")),
                                 HasSubstr("2 replays, 1 finding, 0 files could not be read")));
}

/// Makes this process the command, which says nothing.
[[noreturn]] void become_command(std::vector<std::string> arguments) {
  const int null = open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, stream);
  // A shell that runs the tests in the background has the first ignored, and the command would inherit that.
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
  arguments.insert(arguments.begin(), POOLHAMMER_COMMAND);
  const std::vector<char*> words = pointers_to(arguments);
  execv(words[0], words.data());
  _exit(127);
}

/// A command that waits for a library whose constructor never returns gets the signal.
[[nodiscard]] bool leaves_no_process_after(const std::vector<std::string>& arguments, int signal) {
  const TemporaryFolder folder;
  const std::string mark = (folder / "mark").string();
  if (mkfifo(mark.c_str(), 0600) != 0) return false;
  return leaves_no_process([&] {
    setenv("POOLHAMMER_TEST_MARK", mark.c_str(), 1);
    const pid_t command = fork();
    if (command == 0) become_command(arguments);
    // Opened by the library as well, once it is in its constructor.
    close(open(mark.c_str(), O_RDONLY));
    kill(command, signal);
  });
}

TEST(Library, ThatHangsAsItIsLoadedLeavesNoProcessBehind) {
  const std::string library = broken("hangs_at_start");
  for (const int signal : {SIGINT, SIGTERM, SIGKILL}) {
    EXPECT_TRUE(leaves_no_process_after({"check", library}, signal)) << strsignal(signal);
    EXPECT_TRUE(leaves_no_process_after({"run", "--subject", library}, signal)) << strsignal(signal);
  }
}

TEST(Library, ThatHangsAsItIsLoadedIsAFinding) {
  const TemporaryFolder folder;
  const Outcome run =
      poolhammer({"run", "--timeout", "1", "--subject", broken("hangs_at_start")}, in(folder));
  EXPECT_EQ(run.status, 1) << run;
  EXPECT_THAT(run.out, AllOf(HasSubstr("FINDING: hang"), HasSubstr("before the first operation")));
}

TEST(Library, ThatEatsMemoryIsAFinding) {
  const TemporaryFolder folder;
  const Outcome outcome = poolhammer({"run", "--operations", "100000", "--memory-limit", "1",
                                      "--resident-limit", "128", "--subject", broken("eats_memory")},
                                     in(folder));
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FINDING: memory"), HasSubstr("--resident-limit 128")));
}

TEST(Library, IsComparedWithAnotherAndTheCostStandsInATable) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.trace", four_steps).string();
  const Outcome text =
      poolhammer({"replay", file, "--subject", broken("sound"), "--against", "lib:libc.so.6"});
  EXPECT_EQ(text.status, 0) << text;
  EXPECT_THAT(text.out,
              AllOf(HasSubstr("against lib:libc.so.6"), HasSubstr("nothing found"),
                    HasSubstr("set aside as permitted: 0 answers to requests of 0 bytes, 0 usable sizes"),
                    HasSubstr("median of 5 runs"), HasSubstr("peak, KiB"), HasSubstr("\nlib:libc.so.6 ")));
  const Outcome as_json =
      poolhammer({"replay", file, "--json", "--subject", broken("sound"), "--against", "libc"});
  EXPECT_EQ(as_json.status, 0) << as_json;
  const json costs = json::parse(as_json.out)["replays"][0]["costs"];
  for (const std::string& name : {broken("sound"), std::string("lib:libc.so.6")}) {
    EXPECT_EQ(costs[name]["operations"], 5) << as_json.out;
    EXPECT_GT(costs[name]["nanoseconds"], 0);
    EXPECT_TRUE(costs[name].contains("peak_resident_bytes"));
    EXPECT_TRUE(costs[name].contains("resident_bytes_after_drain"));
  }
}

TEST(Library, ThatRefusesWhatAnotherGrantsIsTold) {
  const TemporaryFolder folder;
  const std::string file =
      folder.file("x.trace", "poolhammer trace 2\nlayout tiny\nb0 = malloc(24)\nb1 = malloc(5200)\n")
          .string();
  const Outcome outcome = poolhammer({"replay", file, "--subject", broken("refuses"), "--against", "libc"});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FINDING: against.answer\n  at operation 1: b1 = malloc(5200)\n"),
                                 HasSubstr("expected: a block from lib:libc.so.6"),
                                 HasSubstr("found:    NULL from " + broken("refuses"))));
}

TEST(Library, ThatIsNoneIsToldInOneLine) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.trace", four_steps).string();
  const std::vector<std::vector<std::string>> wrong = {
      {"--subject", "lib:"},
      {"--subject", "lib:/no/such/library.so"},
      {"--subject", "lib:libnosuch.so.9"},
      {"--subject", "lib:" + file},
      {"--subject", "lib:libm.so.6"},
      {"--subject", "lib:libc.so.6", "--placements", "--against", "libc"},
      {"--subject", "lib:libc.so.6", "--against", "pymalloc:tiny"},
      {"--subject", "pymalloc:tiny", "--against", "lib:libc.so.6"},
      {"--subject", "pymalloc:tiny", "--threads", "2"},
      {"--subject", "lib:libc.so.6", "--threads", "0"},
      {"--subject", "lib:libc.so.6", "--threads", "65"},
      {"--subject", "lib:libc.so.6", "--at-once"},
      {"--subject", "lib:libc.so.6", "--threads", "2", "--at-once", "--against", "libc"},
  };
  for (const std::vector<std::string>& options : wrong) {
    std::vector<std::string> arguments = {"replay", file};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 2) << options.back() << outcome;
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome;
    EXPECT_THAT(outcome.err, StartsWith("poolhammer: "));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Library, NeedsTheWorkerProgram) {
  Setting setting;
  setting.program = "/usr/bin/env";
  const Outcome outcome = poolhammer(
      {"POOLHAMMER_WORKER=/no/such/worker", POOLHAMMER_COMMAND, "run", "--subject", "lib:libc.so.6"},
      setting);
  EXPECT_EQ(outcome.status, 3) << outcome;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("poolhammer-worker"), EndsWith("\n")));
}

TEST(Library, StandsInTheHelp) {
  EXPECT_THAT(poolhammer({"--help"}).out, HasSubstr("lib:PATH"));
  EXPECT_THAT(poolhammer({"run", "--help"}).out, AllOf(HasSubstr("--threads"), HasSubstr("--at-once")));
}

TEST(Library, MinimizesAProgramInFreshProcessesToOneActForManyBlocks) {
  const TemporaryFolder folder;
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 120; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  const std::string file = folder.file("x.trace", program).string();
  const Outcome outcome = poolhammer({"minimize", file, "--subject", broken("crashes")});
  EXPECT_EQ(outcome.status, 1) << outcome;
  // The loader's own calls count, too.
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(": 120 operations to 1; "), HasSubstr("\nexhaust(malloc, ")));
  EXPECT_THAT(outcome.out, Not(HasSubstr("stopped before the end")));
}

}  // namespace
}  // namespace poolhammer::cli
