#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A program with so many live blocks of `size` bytes.
[[nodiscard]] std::string blocks(int count, int size) {
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < count; ++slot)
    program += "malloc " + std::to_string(slot) + " " + std::to_string(size) + "\n";
  return program;
}

/// Files of two bugs, one of them in three sizes, one that shows nothing, and one that is no trace.
void make_files(const TemporaryFolder& folder) {
  (void)folder.file("a", blocks(30, 4100));
  (void)folder.file("b", blocks(12, 4900));
  (void)folder.file("c", blocks(12, 4001));
  (void)folder.file("d", blocks(3, 4100));
  (void)folder.file("e", blocks(1, 6000));
  (void)folder.file("f", "poolhammer trace 2\nmaloc\n");
}

TEST(Group, SortsFilesByTheBugThatTheyShow) {
  const TemporaryFolder folder;
  make_files(folder);
  const TemporaryFolder shortest;
  const std::string in = folder.path().string();
  const Outcome outcome = poolhammer(
      {"group", in, "--subject", "two-bugs", "--shortest", shortest.path().string()}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  const std::string path = in + "/";
  EXPECT_THAT(outcome.out, testing::StartsWith("shadow.alignment: 3 files\n"
                                               "  program:  several malloc large\n"
                                               "  smallest: " +
                                               path + "b, 12 operations\n"));
  EXPECT_THAT(outcome.out, HasSubstr("shadow.refusal: 1 file\n  program:  malloc large #0\n  smallest: " +
                                     path + "e, 1 operation\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n  poolhammer replay " + path + "e --subject two-bugs\n"));
  EXPECT_THAT(outcome.out, testing::EndsWith("nothing found: 1 file\n  " + path +
                                             "d\n2 groups of 5 files, 1 file could not be read\n"));
  EXPECT_THAT(outcome.err, HasSubstr(path + "f: line 2: "));
  EXPECT_EQ(shortest.files(), 2U);
}

TEST(Group, TellsTheSameAsJson) {
  const TemporaryFolder folder;
  make_files(folder);
  const Outcome outcome =
      poolhammer({"group", folder.path().string(), "--subject", "two-bugs", "--json"}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  const json result = json::parse(outcome.out);
  ASSERT_EQ(result["groups"].size(), 2U);
  EXPECT_EQ(result["groups"][0]["cause"], "shadow.alignment");
  EXPECT_EQ(result["groups"][0]["files"].size(), 3U);
  EXPECT_EQ(result["groups"][0]["shortest_operations"], 10);
  EXPECT_EQ(result["groups"][1]["smallest"], (folder / "e").string());
  EXPECT_EQ(result["nothing_found"], json({(folder / "d").string()}));
  EXPECT_EQ(result["unreadable"].size(), 1U);
}

TEST(Group, OfSoundFilesFindsNothing) {
  const TemporaryFolder folder;
  (void)folder.file("d", blocks(3, 4100));
  const Outcome outcome = poolhammer({"group", folder.path().string()});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, testing::EndsWith("0 groups of 1 file\n"));
}

TEST(Group, WantsAFolderForTheShortest) {
  EXPECT_EQ(poolhammer({"group", "x", "--shortest", "/nowhere"}),
            (Outcome{2, "", "poolhammer: --shortest: /nowhere is no folder\n"}));
}

}  // namespace
}  // namespace poolhammer::cli
