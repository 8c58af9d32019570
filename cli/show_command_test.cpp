#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

const std::string every_kind =
    "poolhammer trace 2\nlayout modern\nb0 = malloc(24)\nb1 = calloc(4, 16)\nb0 = realloc(b0, 100)\nfree "
    "0\ncheck()\nfail_arenas(3)\n"
    "fail_raw(2)\nplace(misaligned)\n";

TEST(Show, GivesEveryFormAndEachReadsBackAsTheSameTrace) {
  const TemporaryFolder folder;
  const Trace trace = generate(3, {.operations = 200, .layout = LayoutId::modern});
  write_trace(folder / "x", trace);
  const std::string file = (folder / "x").string();
  EXPECT_EQ(poolhammer({"show", file}), (Outcome{0, to_text(trace), ""}));
  EXPECT_EQ(poolhammer({"show", file, "--as", "text"}).out, to_text(trace));
  EXPECT_EQ(poolhammer({"show", file, "--as", "binary"}).out, contents_of(file));
  const std::string text = folder.file("y", to_text(trace)).string();
  EXPECT_EQ(poolhammer({"show", text, "--as", "binary"}).out, contents_of(file));
  EXPECT_THAT(poolhammer({"show", file, "--as", "c"}).out, HasSubstr("int main(void) {"));
}

TEST(Show, GivesTheSameFactsAsJson) {
  Setting setting;
  setting.in = every_kind;
  const Outcome outcome = poolhammer({"show", "-", "--json"}, setting);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(json::parse(outcome.out), json::parse(R"({"layout": "modern", "operations": [
    {"operation": "malloc", "slot": 0, "size": 24},
    {"operation": "calloc", "slot": 1, "count": 4, "size": 16},
    {"operation": "realloc", "slot": 0, "size": 100},
    {"operation": "free", "slot": 0},
    {"operation": "check"},
    {"operation": "fail_arenas", "size": 3},
    {"operation": "fail_raw", "size": 2},
    {"operation": "place", "placement": "misaligned"}]})"));
  EXPECT_EQ(poolhammer({"show", "-", "--as", "json"}, setting).out, outcome.out);
}

TEST(Show, WritesTheLayoutThatIsAskedFor) {
  Setting setting;
  setting.in = every_kind;
  EXPECT_THAT(poolhammer({"show", "-"}, setting).out, StartsWith("poolhammer trace 2\nlayout modern\n"));
  EXPECT_THAT(poolhammer({"show", "-", "--layout", "tiny"}, setting).out,
              StartsWith("poolhammer trace 2\nlayout tiny\n"));
}

TEST(Show, SaysOnStandardErrorWhatAnImportChanged) {
  Setting setting;
  setting.in = "= Start\n- 0x10\n+ 0x20 0x8\n= End\n";
  const Outcome outcome = poolhammer({"show", "-"}, setting);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "poolhammer trace 2\nlayout classic\nb0 = malloc(8)\n");
  EXPECT_THAT(lines_of(outcome.err), testing::ElementsAre(StartsWith("standard input: ")));
}

TEST(Show, TakesNoFolderAndNoDevice) {
  EXPECT_EQ(poolhammer({"show", "/"}),
            (Outcome{2, "", "poolhammer: /: is a directory, expected a file with a trace\n"}));
  EXPECT_EQ(poolhammer({"show", "/dev/zero"}).status, 2);
  EXPECT_EQ(poolhammer({"show", "/dev/null"}).status, 2);
}

}  // namespace
}  // namespace poolhammer::cli
