// What holds of every command: its help, its complaints, its exit statuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/testing/command.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using Words = std::vector<std::string>;

const std::vector<std::string> commands = {"run",     "replay", "show",     "record",
                                           "explore", "check",  "minimize", "group"};

[[nodiscard]] std::string joined(const Words& words) {
  std::string text = "poolhammer";
  for (const std::string& word : words) text += " " + word;
  return text;
}

/// Exit status 2, one line, and nothing on standard output.
void expect_complaint(const Words& arguments, const std::string& complaint, const Setting& setting = {}) {
  EXPECT_EQ(poolhammer(arguments, setting), (Outcome{2, "", "poolhammer: " + complaint + "\n"}))
      << joined(arguments);
}

TEST(Help, NamesEveryCommandEverySubjectAndTheExitStatuses) {
  const Outcome outcome = poolhammer({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const std::string& command : commands) EXPECT_THAT(outcome.out, HasSubstr("\n  " + command + " "));
  for (const SubjectKind& kind : subject_kinds()) {
    EXPECT_THAT(outcome.out, AllOf(HasSubstr(std::string(kind.name)), HasSubstr(std::string(kind.meaning))));
  }
  EXPECT_THAT(outcome.out, HasSubstr("Exit status:"));
}

TEST(Help, OfEachCommandTellsItsUseByExample) {
  for (const std::string& command : commands) {
    const Outcome outcome = poolhammer({command, "--help"});
    EXPECT_EQ(outcome.status, 0) << command;
    EXPECT_THAT(outcome.err, IsEmpty());
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Usage: poolhammer " + command), HasSubstr("--json"),
                                   HasSubstr("Examples:\n  poolhammer " + command)));
    EXPECT_EQ(poolhammer({command, "-h"}), outcome);
    for (const std::string& line : lines_of(outcome.out)) EXPECT_THAT(line, SizeIs(testing::Le(132U)));
  }
}

TEST(Version, IsOneLine) {
  const Outcome outcome = poolhammer({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(lines_of(outcome.out), testing::ElementsAre(StartsWith("poolhammer ")));
}

TEST(Usage, WithoutAKnownCommandNamesThoseThatThereAre) {
  expect_complaint({},
                   "expected a command (run, replay, show, record, explore, check, minimize, group), found "
                   "nothing (see poolhammer --help)");
  expect_complaint({"bogus"},
                   "expected a command (run, replay, show, record, explore, check, minimize, group), found "
                   "'bogus' (see poolhammer --help)");
  expect_complaint({"--bogus"},
                   "expected a command (run, replay, show, record, explore, check, minimize, group), found "
                   "'--bogus' (see poolhammer --help)");
}

TEST(Usage, NamesAnUnknownOptionAndTheHelpToRead) {
  for (const std::string& command : commands) {
    const Outcome outcome = poolhammer(command == "record" ? Words{command, "-o", "x", "--bogus", "true"}
                                                           : Words{command, "--bogus", "x"});
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_THAT(lines_of(outcome.err),
                testing::ElementsAre(AllOf(StartsWith("poolhammer: "), HasSubstr("--bogus"),
                                           EndsWith("(see poolhammer " + command + " --help)"))));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Usage, SaysWhatIsMissing) {
  expect_complaint({"replay"}, "FILE is required (see poolhammer replay --help)");
  expect_complaint({"show"}, "FILE is required (see poolhammer show --help)");
  expect_complaint({"record", "--", "true"}, "--output is required (see poolhammer record --help)");
  expect_complaint({"record", "-o", "x"}, "COMMAND is required (see poolhammer record --help)");
}

TEST(Usage, NamesTheWordsThatAnOptionTakes) {
  const std::string formats = "automatic, binary, text, raw, logalloc, mtrace, rep or valgrind";
  for (const std::string command : {"replay", "show"}) {
    expect_complaint(
        {command, "x", "--format", "xml"},
        "--format: expected " + formats + ", found 'xml' (see poolhammer " + command + " --help)");
  }
  expect_complaint(
      {"show", "x", "--as", "pdf"},
      "--as: expected text, c, json, binary, svg or html, found 'pdf' (see poolhammer show --help)");
  const std::string layouts =
      "--layout: expected classic, aligned16, modern or tiny, found 'huge' (see poolhammer ";
  expect_complaint({"show", "x", "--layout", "huge"}, layouts + "show --help)");
  expect_complaint({"record", "-o", "x", "--layout", "huge", "--", "true"}, layouts + "record --help)");
}

TEST(Usage, NamesTheSubjectsWhereOneIsUnknown) {
  for (const Words& arguments :
       {Words{"run", "--subject", "bogus"}, Words{"replay", "x", "--subject", "bogus"}}) {
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(
        lines_of(outcome.err),
        testing::ElementsAre(AllOf(StartsWith("poolhammer: --subject: no subject 'bogus'; there are "),
                                   HasSubstr("libc"), HasSubstr("pymalloc:tiny"))));
  }
}

TEST(Usage, TakesNoNumberThatIsNone) {
  struct Wrong {
    std::string option;
    std::string value;
    std::string expected;
  };
  const std::vector<Wrong> wrongs = {
      {"--seed", "-1", "a whole number"},
      {"--seed", "x", "a whole number"},
      {"--seed", "1.5", "a whole number"},
      {"--seed", " 1", "a whole number"},
      {"--seed", "18446744073709551616", "a whole number"},
      {"--operations", "0", "a whole number, 1 or more"},
      {"--operations", "1e6", "a whole number, 1 or more"},
      {"--length", "0", "a whole number from 1 to 10000000"},
      {"--length", "10000001", "a whole number from 1 to 10000000"},
      {"--check-every", "-1", "a whole number"},
      {"--memory-limit", "0", "a whole number from 1 to 1073741824"},
      {"--memory-limit", "1073741825", "a whole number from 1 to 1073741824"},
      {"--seconds", "0", "a number of seconds above 0"},
      {"--seconds", "-1", "a number of seconds above 0"},
      {"--seconds", "nan", "a number of seconds above 0"},
      {"--seconds", "inf", "a number of seconds above 0"},
      {"--seconds", "1s", "a number of seconds above 0"},
  };
  for (const Wrong& wrong : wrongs) {
    expect_complaint({"run", wrong.option + "=" + wrong.value},
                     wrong.option + ": expected " + wrong.expected + ", found '" + wrong.value +
                         "' (see poolhammer run --help)");
  }
}

TEST(Usage, OfTwoWaysToSayTheSameTakesOne) {
  const auto excluded = [](const Words& arguments) {
    const Outcome outcome = poolhammer(arguments);
    EXPECT_EQ(outcome.status, 2) << joined(arguments);
    EXPECT_THAT(lines_of(outcome.err), testing::ElementsAre(HasSubstr(" excludes --")));
  };
  excluded({"run", "--seconds", "1", "--operations", "1"});
  excluded({"show", "x", "--raw", "--format", "text"});
  excluded({"replay", "x", "--raw", "--format", "text"});
  excluded({"show", "x", "--json", "--as", "c"});
}

TEST(FullDisk, IsSaidWhateverTheCommandPrints) {
  const TemporaryFolder folder;
  const std::string trace = folder.file("x", "poolhammer trace 2\nb0 = malloc(1)\n").string();
  std::string many = "poolhammer trace 2\n";
  for (int i = 0; i < 20'000; ++i) many += "b0 = malloc(1)\n";
  const std::string long_trace = folder.file("y", many).string();
  Setting full;
  full.out = "/dev/full";
  const std::vector<Words> all = {{"--help"},
                                  {"--version"},
                                  {"run", "--help"},
                                  {"run", "--operations", "1"},
                                  {"run", "--operations", "1", "--json"},
                                  {"replay", trace},
                                  {"replay", trace, "--json"},
                                  {"show", trace},
                                  {"show", long_trace},
                                  {"show", long_trace, "--json"}};
  for (const Words& arguments : all) {
    const Outcome outcome = poolhammer(arguments, full);
    EXPECT_EQ(outcome.status, 2) << joined(arguments);
    EXPECT_THAT(outcome.err,
                EndsWith("poolhammer: standard output: cannot be written: No space left on device\n"))
        << joined(arguments);
    EXPECT_EQ(outcome.err.find("standard output"), outcome.err.rfind("standard output")) << "said twice";
  }
}

TEST(AddressSpace, ThatIsTooSmallIsWhatTheMachineLacks) {
  // What the command needs for itself is little without a sanitizer and much with one; the home allocator
  // wants a tebibyte more for each layout.
  constexpr rlim_t step = rlim_t{2} << 40U;
  Setting setting;
  setting.address_space = rlim_t{4} << 30U;
  while (poolhammer({"--version"}, setting).status != 0) {
    setting.address_space += step;
    ASSERT_LT(setting.address_space, rlim_t{200} << 40U) << "the command does not run under any limit";
  }
  const Outcome outcome = poolhammer({"run", "--operations", "1"}, setting);
  EXPECT_EQ(outcome.status, 3);
  EXPECT_THAT(lines_of(outcome.err),
              testing::ElementsAre(AllOf(StartsWith("poolhammer: cannot reserve 1 TiB of address space"),
                                         HasSubstr("ulimit -v"))));
}

}  // namespace
}  // namespace poolhammer::cli
