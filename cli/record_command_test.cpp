#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Record, LeavesATraceThatReplays) {
  const TemporaryFolder folder;
  const std::string file = (folder / "echo.trace").string();
  const Outcome outcome = poolhammer({"record", "-o", file, "--", "ls", "/"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  // The command's own output, and nothing of ours.
  EXPECT_THAT(lines_of(outcome.out), testing::Contains("proc"));
  EXPECT_THAT(lines_of(outcome.err), ElementsAre(StartsWith(file + ": /")));
  EXPECT_FALSE(read_trace(file).operations.empty());
  EXPECT_EQ(poolhammer({"replay", file, "--every-layout"}).status, 0);
}

TEST(Record, NotesTheLayoutAndWritesText) {
  const TemporaryFolder folder;
  const std::string file = (folder / "ls.trace").string();
  EXPECT_EQ(poolhammer({"record", "-o", file, "--text", "--layout", "tiny", "--", "ls", "/"}).status, 0);
  EXPECT_THAT(contents_of(file), StartsWith("poolhammer trace 2\nlayout tiny\nb0 = malloc("));
}

TEST(Record, GivesTheSameFactsAsJson) {
  const TemporaryFolder folder;
  const std::string file = (folder / "sh.trace").string();
  const Outcome outcome = poolhammer({"record", "-o", file, "--json", "--", "sh", "-c", "exit 3"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the command ended with status 3"));
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["exit_status"], 3);
  ASSERT_EQ(result["processes"].size(), 1U);
  EXPECT_EQ(result["processes"][0]["trace"], file);
  EXPECT_EQ(result["processes"][0]["stopped"], "");
  EXPECT_EQ(result["processes"][0]["operations"], read_trace(file).operations.size());
}

TEST(Record, WorksInAFolderWithABlank) {
  const TemporaryFolder folder;
  Setting setting;
  setting.program = folder / "a b/bin/poolhammer";
  const std::filesystem::path from = std::filesystem::path(POOLHAMMER_COMMAND).parent_path().parent_path();
  for (const char* const file : {"bin/poolhammer", "bin/poolhammer-worker", "lib/libpoolhammer_record.so",
                                 "lib/libpoolhammer_catching.so"}) {
    const std::filesystem::path to = folder / "a b" / file;
    std::filesystem::create_directories(to.parent_path());
    std::filesystem::copy_file(from / file, to);
  }
  const std::string file = (folder / "a b/ls.trace").string();
  const Outcome recorded = poolhammer({"record", "-o", file, "--", "ls", "/"}, setting);
  EXPECT_EQ(recorded.status, 0) << recorded;
  EXPECT_FALSE(read_trace(file).operations.empty());
  // A worker finds there what calls operators new that throw.
  const Outcome checked =
      poolhammer({"check", "--only", "new.zero", from / "lib/broken/nothing.so"}, setting);
  EXPECT_EQ(checked.status, 0) << checked;
  EXPECT_THAT(checked.out, HasSubstr("kept\n  program.survives, new.zero\n"));
}

TEST(Record, SaysWhichRecordingIsCutShort) {
  const TemporaryFolder folder;
  const std::string file = (folder / "sh.trace").string();
  // Blocks of 512 bytes: one window of a log fits, and no second.
  const Outcome outcome =
      poolhammer({"record", "-o", file, "--json", "--", "sh", "-c",
                  "ulimit -f 600; i=0; while [ $i -lt 9000 ]; do i=$((i + 1)); done; exit 5"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("the command ended with status 5\n"));
  EXPECT_THAT(outcome.err, HasSubstr("poolhammer: the recording is cut short"));
  EXPECT_THAT(outcome.err, testing::Not(HasSubstr("is whole")));
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["processes"].back()["stopped"], "File too large");
  EXPECT_FALSE(read_trace(result["processes"].back()["trace"].get<std::string>()).operations.empty());
}

TEST(Record, SaysWhatCannotBeRunOrWritten) {
  const TemporaryFolder folder;
  const std::string file = (folder / "x").string();
  EXPECT_EQ(poolhammer({"record", "-o", file, "--", "no-such-program"}),
            (Outcome{2, "", "poolhammer: no-such-program: cannot be run: No such file or directory\n"}));
  const std::string nowhere = (folder / "nowhere").string();
  EXPECT_EQ(poolhammer({"record", "-o", nowhere + "/x", "--", "true"}),
            (Outcome{2, "", "poolhammer: " + nowhere + ": no such directory\n"}));
  EXPECT_EQ(poolhammer({"record", "-o", folder.path().string(), "--", "true"}).status, 2);
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Record, KeepsTheRawLogWhereTheTraceCannotBeWritten) {
  const TemporaryFolder folder;
  Setting setting;
  setting.folder = folder.path();
  const Outcome outcome = poolhammer({"record", "-o", "/dev/full", "--", "ls", "/"}, setting);
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(
      outcome.err,
      HasSubstr(
          "poolhammer: /dev/full: cannot be written: No space left on device; the raw logs are kept in "));
  const std::size_t begin = outcome.err.rfind(" in ") + 4;
  std::filesystem::remove_all(outcome.err.substr(begin, outcome.err.find('\n', begin) - begin));
}

}  // namespace
}  // namespace poolhammer::cli
