#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::string_view good =
    "poolhammer trace 2\nlayout tiny\nb0 = malloc(24)\nb0 = malloc(8)\nfree(b0)\ncheck()\n";
constexpr std::string_view told_of_good =
    "4 operations (1 skipped, 0 refused), 3 full checks, at most 1 block live: nothing found\n";

[[nodiscard]] Setting with_liars() {
  Setting setting;
  setting.program = POOLHAMMER_WITH_LIARS;
  return setting;
}

TEST(Replay, TellsWhatAFileDid) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.trace", good).string();
  EXPECT_EQ(poolhammer({"replay", file}),
            (Outcome{0, file + " on pymalloc:tiny: " + std::string(told_of_good), ""}));
  EXPECT_EQ(poolhammer({"replay", "--subject", "libc", file}),
            (Outcome{0, file + " on libc: " + std::string(told_of_good), ""}));
}

TEST(Replay, GivesTheSameFactsAsJson) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.trace", good).string();
  const Outcome outcome = poolhammer({"replay", file, "--json"});
  EXPECT_EQ(outcome.status, 0);
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["command"], "replay");
  EXPECT_THAT(result["unreadable"], IsEmpty());
  ASSERT_EQ(result["replays"].size(), 1U);
  const json& replay = result["replays"][0];
  EXPECT_EQ(replay["file"], file);
  EXPECT_EQ(replay["subject"], "pymalloc:tiny");
  EXPECT_TRUE(replay["finding"].is_null());
  EXPECT_EQ(replay["statistics"]["operations"], 4);
  EXPECT_EQ(replay["statistics"]["skipped"], 1);
  EXPECT_EQ(replay["statistics"]["refused"], 0);
  EXPECT_EQ(replay["statistics"]["checks"], 3);
  EXPECT_EQ(replay["statistics"]["peak_live_blocks"], 1);
  EXPECT_EQ(replay["statistics"]["peak_live_bytes"], 24);
}

TEST(Replay, SaysTheSameOfTheSameFileByteForByte) {
  const TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    write_trace(folder / ("generated-" + std::to_string(seed)),
                generate(seed, {.operations = 500, .layout = static_cast<LayoutId>(seed)}));
  }
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--json"}, {"--every-layout"}}) {
    std::vector<std::string> arguments = {"replay", folder.path().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome first = poolhammer(arguments);
    EXPECT_EQ(first.status, 0);
    EXPECT_EQ(poolhammer(arguments).out, first.out);
  }
}

TEST(Replay, TakesEachFileOfAFolderInOrderAndSumsUp) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "b");
  const std::string last = folder.file("c", good).string();
  const std::string middle = folder.file("b/x", good).string();
  const std::string first = folder.file("a", good).string();
  const Outcome outcome = poolhammer({"replay", folder.path().string()});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(lines_of(outcome.out),
              ElementsAre(StartsWith(first + " on "), StartsWith(middle + " on "), StartsWith(last + " on "),
                          "3 replays, 0 findings, 0 files could not be read"));
}

TEST(Replay, TakesEveryLayout) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x", good).string();
  EXPECT_THAT(
      lines_of(poolhammer({"replay", "--every-layout", file}).out),
      ElementsAre(StartsWith(file + " on pymalloc:classic: "), StartsWith(file + " on pymalloc:aligned16: "),
                  StartsWith(file + " on pymalloc:modern: "), StartsWith(file + " on pymalloc:tiny: "),
                  "4 replays, 0 findings, 0 files could not be read"));
}

TEST(Replay, ReadsStandardInput) {
  Setting setting;
  setting.in = good;
  EXPECT_EQ(poolhammer({"replay", "-"}, setting),
            (Outcome{0, "- on pymalloc:tiny: " + std::string(told_of_good), ""}));
  setting.in = "bytes";
  EXPECT_EQ(poolhammer({"replay", "-", "--raw"}, setting).status, 0);
  setting.in = "poolhammer trace 2\nmalloc\n";
  EXPECT_EQ(
      poolhammer({"replay", "-"}, setting),
      (Outcome{2, "",
               "poolhammer: standard input: line 2: expected a slot number, found the end of the line\n"}));
}

TEST(Replay, SaysOfABadFileWhatIsWrongAndTakesTheOthers) {
  const TemporaryFolder folder;
  const std::string bad = folder.file("bad", "poolhammer trace 2\nmaloc 0 1\n").string();
  const std::string fine = folder.file("good", good).string();
  std::filesystem::create_directory(folder / "empty");
  const std::string empty = (folder / "empty").string();
  const std::string missing = (folder / "missing").string();
  const Outcome outcome = poolhammer({"replay", bad, missing, empty, fine});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(lines_of(outcome.err),
              ElementsAre(AllOf(StartsWith("poolhammer: " + bad + ": line 2: "), HasSubstr("'maloc'")),
                          "poolhammer: " + missing + ": cannot be read: No such file or directory",
                          "poolhammer: " + empty + ": expected traces, found a folder without a file"));
  EXPECT_EQ(outcome.out, fine + " on pymalloc:tiny: " + std::string(told_of_good) +
                             "1 replay, 0 findings, 3 files could not be read\n");
  const json result = json::parse(poolhammer({"replay", bad, fine, "--json"}).out);
  EXPECT_EQ(result["replays"].size(), 1U);
  ASSERT_EQ(result["unreadable"].size(), 1U);
  EXPECT_EQ(result["unreadable"][0]["file"], bad);
  EXPECT_THAT(result["unreadable"][0]["error"].get<std::string>(), HasSubstr("line 2"));
}

TEST(Replay, OfAFolderThatHoldsNoFileIsBadInput) {
  const TemporaryFolder folder;
  const Outcome outcome = poolhammer({"replay", folder.path().string()});
  EXPECT_EQ(outcome, (Outcome{2, "",
                              "poolhammer: " + folder.path().string() +
                                  ": expected traces, found a folder without a file\n"}));
}

TEST(Replay, OfAFileThatMayNotBeReadIsBadInput) {
  const TemporaryFolder folder;
  const std::string file = folder.file("secret", good).string();
  std::filesystem::permissions(file, std::filesystem::perms::none);
  if (access(file.c_str(), R_OK) == 0) GTEST_SKIP() << "this user may read everything";
  EXPECT_EQ(poolhammer({"replay", file}),
            (Outcome{2, "", "poolhammer: " + file + ": cannot be read: Permission denied\n"}));
}

TEST(Replay, OfAFileWhoseNameIsNotUtf8GivesJsonAllTheSame) {
  const TemporaryFolder folder;
  const std::string file = folder.file("\xff\xfe", good).string();
  const Outcome outcome = poolhammer({"replay", file, "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(json::parse(outcome.out)["replays"].size(), 1U);
}

[[nodiscard]] std::string eight_blocks() {
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 8; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  return program;
}

TEST(ReplayOnALiar, PutsTheCommandThatShowsItAgainLast) {
  const TemporaryFolder folder;
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 8; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  const std::string file = folder.file("it's.txt", program).string();
  const std::string quoted = "'" + (folder / "it").string() + "'\\''s.txt'";
  const Outcome outcome = poolhammer({"replay", file, "--subject", "misaligned", "--check-every", "2",
                                      "--format", "text", "--memory-limit", "9"},
                                     with_liars());
  EXPECT_EQ(outcome.status, 1);
  const std::string command =
      "poolhammer replay " + quoted + " --subject misaligned --check-every 2 --memory-limit 9 --format text";
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("FINDING: shadow.alignment\n  at operation 5: b5 = malloc(24)\n"),
                                 EndsWith("\n" + command + "\n")));
  EXPECT_THAT(shell(command, with_liars()).out, EndsWith("\n" + command + "\n"));
}

TEST(ReplayOnALiar, IsAFindingAlsoBesideABadFile) {
  const TemporaryFolder folder;
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 8; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  const std::string file = folder.file("x", program).string();
  const Outcome outcome = poolhammer({"replay", file, "/nowhere", "--subject", "misaligned"}, with_liars());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere"));
  EXPECT_THAT(outcome.out, EndsWith("1 replay, 1 finding, 1 file could not be read\npoolhammer replay " +
                                    file + " --subject misaligned\n"));
}

TEST(ReplayOnALiar, ExplainsTheFindingAndNamesTheWaysOn) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x", eight_blocks()).string();
  const std::string with = file + " --subject misaligned";
  const Outcome outcome = poolhammer({"replay", file, "--subject", "misaligned"}, with_liars());
  EXPECT_THAT(
      outcome.out,
      AllOf(HasSubstr("\n  meaning:  A block must begin at an address that any object may have"),
            HasSubstr("\n  step:     operation 5 asks malloc for 24 bytes (slot 5)\n"),
            HasSubstr("\n  as C:     poolhammer show " + file + " --as c\n"),
            HasSubstr(
                "\n  debug:    gdb -ex 'break poolhammer_stop' -ex run -ex finish --args poolhammer replay " +
                with + " --stop-at 5\n"),
            EndsWith("\n  shorten:  poolhammer minimize " + with + "\npoolhammer replay " + with + "\n")));
  EXPECT_EQ(shell("poolhammer show " + file + " --as c", with_liars()).status, 0);
  const json told =
      json::parse(poolhammer({"replay", file, "--subject", "misaligned", "--json"}, with_liars())
                      .out)["replays"][0]["finding"];
  EXPECT_EQ(told["minimize"], "poolhammer minimize " + with);
  EXPECT_THAT(told["meaning"].get<std::string>(), StartsWith("A block must begin"));
  EXPECT_EQ(told["step"], "operation 5 asks malloc for 24 bytes (slot 5)");
}

TEST(ReplayInADebugger, StopsBeforeTheGuiltyOperationAndNowhereElse) {
  if (access("/usr/bin/gdb", X_OK) != 0) GTEST_SKIP() << "there is no gdb";
  const TemporaryFolder folder;
  const std::string file = folder.file("x", eight_blocks()).string();
  const Outcome found = poolhammer({"replay", file, "--subject", "misaligned"}, with_liars());
  std::string line = found.out.substr(found.out.find("gdb "));
  line = line.substr(0, line.find('\n'));
  // gdb looks the program up as a shell does, and ends by itself.
  std::filesystem::create_symlink(POOLHAMMER_WITH_LIARS, folder / "poolhammer");
  const auto in_gdb = [&](const std::string& words) {
    return shell("PATH=" + folder.path().string() + ":$PATH " + words.substr(0, 4) + "-batch -nx " +
                     words.substr(4) + " 2>&1",
                 with_liars())
        .out;
  };
  const std::string session = in_gdb(line);
  if (session.find("ptrace: ") != std::string::npos) GTEST_SKIP() << "this machine allows no debugger";
  EXPECT_THAT(session, AllOf(HasSubstr("Breakpoint 1, "), HasSubstr("poolhammer_stop ()"),
                             testing::Not(HasSubstr("FINDING"))));
  // One step later nothing is left to stop at.
  ASSERT_TRUE(line.ends_with(" 5"));
  line.back() = '6';
  EXPECT_THAT(in_gdb(line), AllOf(testing::Not(HasSubstr("Breakpoint 1, ")), HasSubstr("FINDING")));
}

TEST(ReplayOnADyingSubject, LosesNothingOfTheFilesBefore) {
  const TemporaryFolder folder;
  const std::string fine = folder.file("a", good).string();
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 8; ++slot) program += "malloc " + std::to_string(slot) + " 24\n";
  const std::string deadly = folder.file("b", program).string();
  const Outcome outcome = poolhammer({"replay", fine, deadly, "--subject", "dying"}, with_liars());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, fine + " on dying: " + std::string(told_of_good));
  EXPECT_THAT(outcome.err, EndsWith("FINDING: crash\n  at operation 5: b5 = malloc(24)\n"
                                    "  debug:    gdb -ex 'break poolhammer_stop' -ex run -ex finish --args "
                                    "poolhammer replay " +
                                    deadly +
                                    " --subject dying --stop-at 5\n"
                                    "poolhammer replay " +
                                    deadly + " --subject dying\n"));
}

}  // namespace
}  // namespace poolhammer::cli
