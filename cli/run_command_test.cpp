#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/testing/command.hpp"
#include "harness/trace/file.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

[[nodiscard]] Setting with_liars(const TemporaryFolder& folder) {
  Setting setting;
  setting.program = POOLHAMMER_WITH_LIARS;
  setting.folder = folder.path();
  return setting;
}

[[nodiscard]] std::string last_line(const std::string& text) {
  const auto lines = lines_of(text);
  return lines.empty() ? "" : lines.back();
}

TEST(Run, HammersEveryLayoutAndSaysHowMuch) {
  const Outcome outcome = poolhammer({"run", "--operations", "4000", "--length", "1000"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_EQ(outcome.out, "4 programs, 4 000 operations, seed 1: nothing found\n");
  EXPECT_THAT(outcome.err, EndsWith("100 %  4 programs, 4 000 operations\n"));
}

TEST(Run, StopsAfterItsSeconds) {
  const Outcome outcome = poolhammer({"run", "--seconds", "0.01", "--subject", "pymalloc:tiny"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("nothing found"));
}

TEST(Run, OnTheCLibraryFindsNothing) {
  const Outcome outcome = poolhammer({"run", "--operations", "20000", "--subject", "libc"});
  EXPECT_EQ(outcome.status, 0) << outcome;
}

TEST(Run, TakesOneNameForEachSubjectOption) {
  const Outcome outcome = poolhammer({"run", "--operations", "200", "--length", "100", "--json", "--subject",
                                      "pymalloc:tiny", "--subject", "libc"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["subjects"], json({"pymalloc:tiny", "libc"}));
  EXPECT_EQ(result["programs"], 2);
  EXPECT_EQ(poolhammer({"run", "--subject", "pymalloc:tiny", "libc"}).status, 2);
}

TEST(Run, GivesTheSameFactsAsJson) {
  const Outcome outcome =
      poolhammer({"run", "--operations", "3000", "--length", "1000", "--seed", "7", "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["command"], "run");
  EXPECT_EQ(result["seed"], 7);
  EXPECT_EQ(result["programs"], 3);
  EXPECT_EQ(result["operations"], 3000);
  EXPECT_TRUE(result["finding"].is_null());
}

TEST(Run, HasProgramsOfEveryLengthAndEndsInTheMiddleOfTheLast) {
  const auto programs_of = [](const std::string& subject, std::vector<std::string> more) {
    std::vector<std::string> words = {"run", "--operations", "20000", "--subject", subject, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const json result = json::parse(poolhammer(words).out);
    EXPECT_EQ(result["operations"], 20000);
    return result["programs"].get<int>();
  };
  EXPECT_NE(programs_of("pymalloc:tiny", {}), 20);
  EXPECT_EQ(programs_of("pymalloc:tiny", {"--length", "1000"}), 20);
  // Looked at after every so many steps, none is longer than 4096.
  EXPECT_GE(programs_of("pymalloc:tiny", {"--check-every", "256", "--seed", "3"}), 5);
}

TEST(RunOnALiar, LeavesTheProgramAndTheCommandThatShowsItAgain) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const Outcome outcome = poolhammer({"run", "--subject", "misaligned"}, setting);
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, AllOf(StartsWith("1 program, "), HasSubstr("seed 1: 1 finding\n"),
                                 HasSubstr("FINDING: shadow.alignment\n  at operation ")));
  EXPECT_EQ(folder.files(), 1U);
  const std::string command = last_line(outcome.out);
  EXPECT_THAT(command,
              testing::MatchesRegex("poolhammer replay [.]/finding-[0-9a-f]+[.]trace --subject misaligned "
                                    "--check-every 256 --memory-limit 64 --timeout 60"));
  const Outcome again = shell(command, setting);
  EXPECT_EQ(again.status, 1) << again;
  EXPECT_THAT(again.out, HasSubstr("FINDING: shadow.alignment\n  at operation "));
  EXPECT_EQ(last_line(again.out), command);
}

// The finding behind the summary, up to the addresses, which a liar has from the C library.
[[nodiscard]] std::string finding_of(const Outcome& outcome) {
  const std::size_t begin = outcome.out.find("FINDING: ");
  return begin == std::string::npos ? outcome.out
                                    : outcome.out.substr(begin, outcome.out.find("  where:", begin) - begin);
}

TEST(RunOnALiar, IsShownAgainAtTheSameStepBecauseTheScheduleOfChecksIsInTheCommand) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const Outcome outcome = poolhammer({"run", "--subject", "scribbling", "--check-every", "3"}, setting);
  ASSERT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(last_line(outcome.out),
              EndsWith(" --subject scribbling --check-every 3 --memory-limit 64 --timeout 60"));
  const Outcome again = shell(last_line(outcome.out), setting);
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(finding_of(again), finding_of(outcome));
}

TEST(RunOnALiar, GivesTheFindingAsJson) {
  const TemporaryFolder folder;
  const Outcome outcome = poolhammer({"run", "--subject", "misaligned", "--json"}, with_liars(folder));
  EXPECT_EQ(outcome.status, 1);
  const json finding = json::parse(outcome.out)["finding"];
  EXPECT_EQ(finding["oracle"], "shadow.alignment");
  EXPECT_THAT(finding["where"].get<std::string>(), HasSubstr("of its memory"));
  EXPECT_THAT(finding["expected"].get<std::string>(), HasSubstr("aligned to 16 bytes"));
  const std::string trace = finding["trace"];
  EXPECT_THAT(finding["reproduce"].get<std::string>(), StartsWith("poolhammer replay " + trace));
  EXPECT_FALSE(read_trace(folder / trace).operations.empty());
}

TEST(RunOnALiar, TellsTheFindingAlsoWhereItsProgramCannotBeWritten) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const Outcome outcome = poolhammer({"run", "--subject", "misaligned", "--artifacts", "/proc"}, setting);
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("poolhammer: /proc/finding-"));
  const std::string command = last_line(outcome.out);
  EXPECT_THAT(command, StartsWith("poolhammer run --subject misaligned --operations "));
  const Outcome again = shell(command, setting);
  EXPECT_EQ(again.status, 1) << again;
  EXPECT_EQ(finding_of(again), finding_of(outcome));
}

TEST(RunOnADyingSubject, LeavesTheProgramAndTheCommandThatShowsItAgain) {
  const TemporaryFolder folder;
  const std::string artifacts = (folder / "what it left").string();
  std::filesystem::create_directory(artifacts);
  const Setting setting = with_liars(folder);
  const Outcome outcome = poolhammer({"run", "--subject", "dying", "--artifacts", artifacts}, setting);
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err, HasSubstr("FINDING: crash\n  at operation "));
  EXPECT_THAT(last_line(outcome.err), StartsWith("poolhammer replay '" + artifacts + "/finding-"));
  const Outcome again = shell(last_line(outcome.err), setting);
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(last_line(again.err), last_line(outcome.err));
}

TEST(RunOnADyingSubject, OneThatDiesWhenItIsMadeIsAFindingThatAnEmptyTraceShows) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const Outcome outcome = poolhammer({"run", "--subject", "stillborn"}, setting);
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.err,
              HasSubstr("FINDING: crash\n  before the first operation, while the allocator is made\n"));
  EXPECT_EQ(folder.files(), 1U);
  EXPECT_THAT(
      last_line(outcome.err),
      testing::MatchesRegex("poolhammer replay [.]/finding-[0-9a-f]+[.]trace --subject stillborn .*"));
  const Outcome again = shell(last_line(outcome.err), setting);
  EXPECT_EQ(again.status, 1) << again;
  EXPECT_THAT(again.err, HasSubstr("while the allocator is made\n"));
  EXPECT_EQ(last_line(again.err), last_line(outcome.err));
}

TEST(RunOnALiar, WithTheSameSeedMakesTheSamePrograms) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const auto trace_of_seed = [&](const std::string& seed) {
    const Outcome outcome = poolhammer({"run", "--subject", "misaligned", "--seed", seed, "--json"}, setting);
    return json::parse(outcome.out)["finding"]["trace"].get<std::string>();
  };
  const std::string first = trace_of_seed("5");
  EXPECT_EQ(trace_of_seed("5"), first);
  EXPECT_NE(trace_of_seed("6"), first);
}

TEST(RunThatGoesOn, TellsOfEachCauseOnceDeathsIncluded) {
  const TemporaryFolder folder;
  const Outcome outcome =
      poolhammer({"run", "--keep-going", "--operations", "6000", "--subject", "misaligned", "--subject",
                  "dying", "--without", "calloc", "--without", "realloc", "--json"},
                 with_liars(folder));
  EXPECT_EQ(outcome.status, 1) << outcome;
  const json result = json::parse(outcome.out);
  ASSERT_EQ(result["findings"].size(), 2U) << outcome;
  EXPECT_EQ(result["findings"][0]["oracle"], "shadow.alignment");
  EXPECT_EQ(result["findings"][1]["oracle"], "crash");
  EXPECT_EQ(result["findings"][1]["subject"], "dying");
  EXPECT_EQ(result["finding"], result["findings"][0]);
  EXPECT_EQ(folder.files(), 2U);
}

TEST(RunThatGoesOn, PassesByWhatIsKnownAndEndsAtWhatIsNew) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const auto run = [&setting](const std::string& subject, const std::string& option) {
    return poolhammer({"run", "--operations", "4000", "--subject", subject, option, "known.json"}, setting);
  };
  EXPECT_EQ(run("misaligned", "--write-known").status, 0);
  const Outcome known = run("misaligned", "--known");
  EXPECT_EQ(known.status, 0) << known;
  EXPECT_THAT(known.out, AllOf(HasSubstr("\nknown: seen in ./finding-"), HasSubstr("4 000 operations")));
  const Outcome other = run("dying", "--known");
  EXPECT_EQ(other.status, 1) << other;
  EXPECT_THAT(other.out, StartsWith("1 program, "));
}

TEST(Run, LeavesOutWhatTheUserSays) {
  const TemporaryFolder folder;
  const Setting setting = with_liars(folder);
  const auto run = [&setting](std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "--subject", "sleeper", "--operations", "20000"});
    return poolhammer(words, setting);
  };
  EXPECT_EQ(run({"--sizes", "4000..4999"}).status, 1);
  EXPECT_EQ(run({"--sizes", "..3999"}).status, 0);
  EXPECT_EQ(run({"--sizes", "4000..4999", "--without", "malloc", "--without", "calloc"}).status, 1);
  EXPECT_EQ(
      run({"--sizes", "4000..4999", "--without", "malloc", "--without", "calloc", "--without", "realloc"})
          .status,
      0);
  for (const auto& [option, word] :
       {std::pair("--sizes", "4096"), {"--sizes", "9..8"}, {"--sizes", ".."}, {"--without", "check"}}) {
    const Outcome wrong = run({option, word});
    EXPECT_EQ(wrong.status, 2) << wrong;
    EXPECT_THAT(lines_of(wrong.err), testing::ElementsAre(HasSubstr(option)));
  }
}

TEST(Run, RefusesAnArtifactFolderThatIsNone) {
  const Outcome outcome = poolhammer({"run", "--artifacts", "/nowhere/at all"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(lines_of(outcome.err), testing::ElementsAre(HasSubstr("/nowhere/at all")));
}

}  // namespace
}  // namespace poolhammer::cli
