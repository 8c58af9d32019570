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
  EXPECT_EQ(result["processes"][0]["operations"], read_trace(file).operations.size());
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
