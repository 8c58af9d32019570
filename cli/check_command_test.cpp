#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "cli/testing/command.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The command on the library that breaks `promise`, or on others, in a folder of its own.
[[nodiscard]] Outcome check(const TemporaryFolder& folder, const std::string& promise,
                            std::vector<std::string> arguments,
                            const std::string& library = POOLHAMMER_BREAKER) {
  Setting setting;
  setting.folder = folder.path();
  setenv("POOLHAMMER_BREAKS", promise.c_str(), 1);
  arguments.insert(arguments.begin(), {"check", library});
  const Outcome outcome = poolhammer(arguments, setting);
  unsetenv("POOLHAMMER_BREAKS");
  return outcome;
}

TEST(Check, NamesALibraryInOneLineWhateverBytesItsNameHas) {
  const TemporaryFolder folder;
  const std::string file = (folder / "new\nline.so").string();
  const Outcome outcome = poolhammer({"check", file});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(lines_of(outcome.err), testing::ElementsAre(testing::HasSubstr("/new\\x0aline.so: ")));
}

TEST(Check, OfALibraryThatKeepsAClauseLeavesNoFile) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "nothing", {"--only", "calloc"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr(" kept, 0 broken, 0 profile, 0 absent (seed 1)\n"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Check, SaysWhichRandomProgramsWereTried) {
  const TemporaryFolder folder;
  const Outcome outcome =
      check(folder, "nothing", {"--only", "blocks.kept", "--seed", "7", "--effort", "2", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(json::parse(outcome.out)["seed"], 7);
  EXPECT_EQ(json::parse(outcome.out)["effort"], 2);
  EXPECT_EQ(check(folder, "nothing", {"--effort", "0"}).status, 2);
  EXPECT_EQ(check(folder, "nothing", {"--seed", "much"}).status, 2);
}

TEST(Check, LeavesAProgramThatCompilesAndShowsIt) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "dirty", {"--only", "calloc"});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("reproduced: ./calloc.zero-libbreaker.c\n"));
  Setting setting;
  setting.folder = folder.path();
  setenv("POOLHAMMER_BREAKS", "dirty", 1);
  const Outcome run =
      shell("cc calloc.zero-libbreaker.c -o it -pthread && LD_PRELOAD=" POOLHAMMER_BREAKER " ./it", setting);
  unsetenv("POOLHAMMER_BREAKS");
  EXPECT_EQ(run.status, 1) << run;
  EXPECT_THAT(run.out, AllOf(StartsWith("calloc.zero: calloc gives memory whose bits are all 0"),
                             HasSubstr(": promised zeros, happened: byte ")));
  EXPECT_EQ(shell("./it", setting).status, 0);
}

TEST(Check, AsJsonTellsTheSameAndWritesNoFile) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "dirty", {"--only", "calloc", "--json"});
  EXPECT_EQ(outcome.status, 1) << outcome;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["subject"], POOLHAMMER_BREAKER);
  EXPECT_EQ(result["clauses"].back()["verdict"], "broken");
  EXPECT_EQ(result["clauses"].back()["findings"].at(0)["reproduction"], "reproduced");
  EXPECT_EQ(folder.files(), 0U);
}

TEST(Check, GivesOneTableOfAllLibraries) {
  const TemporaryFolder folder;
  const Outcome outcome =
      check(folder, "dirty", {"libc", "--only", "calloc", "--matrix", "--format", "markdown"});
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, AllOf(StartsWith("| clause | tier | libbreaker | libc |\n"),
                                 HasSubstr("| calloc.zero | must | **broken** | kept |\n")));
}

TEST(Check, ChecksTheOthersWhereALibraryCannotBeLoaded) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "nothing", {"libc", "--only", "calloc"}, "libnone.so.9");
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("poolhammer: libnone.so.9: "));
  EXPECT_THAT(outcome.out, StartsWith("libc (libc6 "));
}

TEST(Check, TakesCpythonForItsThreeDomains) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "nothing", {"--only", "calloc", "--json"}, "cpython");
  const json result = json::parse(outcome.out);
  ASSERT_EQ(result.size(), 3U) << outcome;
  EXPECT_EQ(result[0]["subject"], "cpython:raw");
  EXPECT_EQ(result[2]["subject"], "cpython:object");
}

TEST(CheckWithABaseline, AcceptsWhatIsKnownAndFailsOnWhatIsNew) {
  const TemporaryFolder folder;
  const std::vector<std::string> only = {"--only", "calloc", "--only", "usable.null"};
  const auto with = [&only](const std::string& option) {
    std::vector<std::string> words = only;
    words.insert(words.end(), {option, "known.json"});
    return words;
  };
  EXPECT_EQ(check(folder, "dirty", with("--write-baseline")).status, 0);
  const Outcome known = check(folder, "dirty", with("--baseline"));
  EXPECT_EQ(known.status, 0) << known;
  EXPECT_THAT(known.out, HasSubstr("\n  known: calloc("));
  const Outcome other = check(folder, "usable null", with("--baseline"));
  EXPECT_EQ(other.status, 1) << other;
  EXPECT_THAT(other.out,
              AllOf(HasSubstr("no longer broken: calloc.zero"), HasSubstr("\n  malloc_usable_size(NULL): ")));
}

TEST(Check, RefusesALibraryThatAllocatesNothing) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "nothing", {"--only", "program"}, "libm.so.6");
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("libm.so.6: it has no function that allocates: nothing to check\n"));
}

TEST(CheckWithABaseline, RefusesWhatIsNoFileWithOneLine) {
  const TemporaryFolder folder;
  for (const auto& [file, why] : {std::pair("/dev/zero", "/dev/zero: is a device"),
                                  std::pair(".", ".: is a directory"), std::pair("", "expected a file")}) {
    const Outcome outcome = check(folder, "nothing", {"--only", "calloc", "--baseline", file});
    EXPECT_EQ(outcome.status, 2) << outcome;
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(why), testing::EndsWith("\n"))) << file;
  }
}

TEST(CheckWithABaseline, LeavesTheOldOneWhereANewOneCannotBeWritten) {
  const TemporaryFolder folder;
  const std::string old = folder.file("known.json", "{\"libraries\": {}}").string();
  const Outcome outcome = check(folder, "nothing", {"--only", "calloc", "--write-baseline", "/dev/full"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("/dev/full"));
  EXPECT_EQ(check(folder, "nothing", {"--only", "calloc", "--baseline", old}).status, 0);
}

TEST(Check, RefusesToTryOnlyWhatIsNoClause) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "dirty", {"--only", "calloc,realloc.keep"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("--only: 'realloc.keep': no clause has this id, or begins with it"));
}

TEST(Check, TriesTheClausesOfAList) {
  const TemporaryFolder folder;
  const json result = json::parse(check(folder, "dirty", {"--only", "calloc.zero,free.null", "--json"}).out);
  EXPECT_EQ(result["clauses"].size(), 3U) << result;  // and program.survives
}

TEST(Check, SaysWhatWasNotTriedWhereTheTimeIsOver) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "dirty", {"--seconds", "0.001"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr(": 0 kept, 0 broken, "), HasSubstr(" untried (seed 1)\nthe time was over ")));
  const json result = json::parse(check(folder, "dirty", {"--seconds", "0.001", "--json"}).out);
  EXPECT_EQ(result["cut"], "the time was over");
  EXPECT_GT(result["random_left"], 0);
}

TEST(Check, TellsAllWhereAProgramCannotBeWritten) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "calloc.zero-libbreaker.c");
  const Outcome outcome = check(folder, "dirty", {"--only", "calloc"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("poolhammer: ./calloc.zero-libbreaker.c: "));
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\n  calloc(1, "), HasSubstr(" 1 broken, ")));
}

TEST(Check, SaysWhatItFindsAtOnce) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "dirty", {"--only", "calloc", "--json"});
  EXPECT_THAT(outcome.err, HasSubstr("libbreaker.so: calloc.zero: b"));
}

TEST(CheckWithABaseline, RefusesAFileThatIsNone) {
  const TemporaryFolder folder;
  (void)folder.file("wrong.json", "{}");
  const Outcome outcome = check(folder, "nothing", {"--only", "calloc", "--baseline", "wrong.json"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_EQ(outcome.err, "poolhammer: wrong.json: no baseline: expected an object \"libraries\"\n");
  EXPECT_EQ(outcome.out, "");
}

TEST(Check, SaysThatAFormatIsOfATable) {
  const TemporaryFolder folder;
  const Outcome outcome = check(folder, "nothing", {"--format", "html"});
  EXPECT_EQ(outcome.status, 2) << outcome;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--matrix"), Not(HasSubstr("\n\n"))));
}

}  // namespace
}  // namespace poolhammer::cli
