#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/testing/command.hpp"

namespace poolhammer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string two_blocks =
    "poolhammer trace 2\nlayout tiny\nb0 = malloc(20)\nb1 = malloc(96)\nfree(b0)\n";

[[nodiscard]] Outcome show(std::vector<std::string> words) {
  Setting setting;
  setting.in = two_blocks;
  words.insert(words.begin(), {"show", "-"});
  return poolhammer(std::move(words), setting);
}

[[nodiscard]] Outcome complaint(const std::string& words) {
  return {2, "", "poolhammer: " + words + "\n"};
}

TEST(ShowPicture, GivesAnSvgByFormatAndByAs) {
  const Outcome outcome = show({"--format", "svg"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, AllOf(StartsWith("<svg "), HasSubstr(">after operation 3 of 3: free(b0)<")));
  EXPECT_EQ(show({"--as", "svg"}), outcome);
  EXPECT_EQ(show({"--format", "text", "--as", "svg"}), outcome);
}

TEST(ShowPicture, ShowsTheHeapAtAStepAndItsParts) {
  EXPECT_THAT(show({"--as", "svg", "--step", "0"}).out, HasSubstr(">before the first of 3 operations<"));
  EXPECT_THAT(show({"--as", "svg", "--step", "1", "--pool", "0"}).out,
              HasSubstr("block 0: in use: 20 bytes, slot 0"));
  EXPECT_THAT(show({"--as", "svg", "--arena", "0"}).out, HasSubstr("Arena 0 of pymalloc:tiny"));
  EXPECT_THAT(show({"--as", "svg", "--pool", "1", "--block", "0"}).out,
              HasSubstr("Block 0 of pool 1 of arena 0"));
  EXPECT_THAT(show({"--as", "svg", "--layout", "classic"}).out, HasSubstr("The heap of pymalloc:classic"));
}

TEST(ShowPicture, SaysInOneLineWhatThereIsNot) {
  EXPECT_EQ(show({"--as", "svg", "--step", "4"}), complaint("--step: the trace has 3 operations, not 4"));
  EXPECT_EQ(show({"--as", "svg", "--arena", "1"}),
            complaint("--arena: there is no arena 1 after operation 3 of 3: free(b0)"));
  EXPECT_EQ(show({"--as", "svg", "--pool", "4"}), complaint("--pool: arena 0 has pools 0 to 3, not 4"));
  EXPECT_EQ(show({"--as", "svg", "--pool", "1", "--block", "2"}),
            complaint("--block: pool 1 of arena 0 has 2 blocks after operation 3 of 3: free(b0)"));
  EXPECT_EQ(show({"--as", "svg", "--pool", "3", "--block", "0"}),
            complaint("--block: pool 3 of arena 0 has 0 blocks after operation 3 of 3: free(b0)"));
  EXPECT_EQ(show({"--as", "svg", "--subject", "libc"}),
            complaint("--subject: libc does not show its heap; pymalloc:... do"));
  EXPECT_EQ(show({"--as", "svg", "-o", "/nowhere/x"}),
            complaint("/nowhere/x: cannot be written: No such file or directory"));
  EXPECT_EQ(show({"--as", "html", "--pool", "0"}),
            complaint("--arena, --pool and --block choose an svg; a page shows them all"));
  EXPECT_EQ(show({"--format", "svg", "--as", "html"}),
            complaint("--format svg and --as html contradict each other"));
  EXPECT_EQ(show({"--format", "html", "--json"}),
            complaint("--format html and --json contradict each other"));
  EXPECT_EQ(show({"--step", "1"}), complaint("--step is an option of pictures: --as svg or --as html"));
}

TEST(ShowPicture, IsWhatTheDocumentationShows) {
  const Outcome outcome = poolhammer({"show", "docs/pictures/pool.trace", "--format", "svg", "--pool", "0"});
  EXPECT_EQ(outcome.out, contents_of("docs/pictures/pool.svg"));
}

TEST(ShowPicture, WritesAFile) {
  const TemporaryFolder folder;
  const std::string file = (folder / "heap.svg").string();
  EXPECT_EQ(show({"--as", "svg", "-o", file}), (Outcome{0, "", ""}));
  EXPECT_EQ(contents_of(file), show({"--as", "svg"}).out);
}

}  // namespace
}  // namespace poolhammer::cli
