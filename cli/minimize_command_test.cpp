#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/testing/command.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/file.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer::cli {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

/// Random operations on small blocks, and ten mallocs of 4000 to 4999 bytes scattered among them.
[[nodiscard]] Trace with_ten_that_matter(std::size_t operations) {
  Random random(7);
  Trace trace;
  const std::size_t distance = operations / 10;
  for (std::size_t i = 0; i < operations; ++i) {
    const auto slot = static_cast<std::uint32_t>(random.below(500));
    if (i % distance == distance / 2) {
      const auto own = static_cast<std::uint32_t>(1000 + i / distance);
      trace.operations.push_back({OperationKind::malloc, own, 0, 4000 + random.below(1000)});
    } else if (random.chance(1, 2)) {
      trace.operations.push_back({OperationKind::malloc, slot, 0, random.below(300)});
    } else {
      trace.operations.push_back({OperationKind::free, slot, 0, 0});
    }
  }
  return trace;
}

void expect_ten_operations(const std::string& subject, const std::string& oracle, std::size_t operations) {
  const TemporaryFolder folder;
  const std::string file = (folder / "big.trace").string();
  write_trace(file, with_ten_that_matter(operations));
  const Outcome outcome = poolhammer({"minimize", file, "--subject", subject}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  const std::string small = (folder / "big.min.trace").string();
  const std::string command = "poolhammer replay " + small + " --subject " + subject;
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith(file + " on " + subject + ": "), HasSubstr(" operations to 10; "),
                    HasSubstr("\nFINDING: " + oracle + "\n  at operation 9: b9 = malloc(4096)\n"),
                    EndsWith("\n" + command + "\n")));
  std::string expected = "poolhammer trace 2\nlayout classic\n";
  for (int slot = 0; slot < 10; ++slot) expected += "b" + std::to_string(slot) + " = malloc(4096)\n";
  EXPECT_EQ(to_text(read_trace(small)), expected);
  const Outcome again = shell(command, with_liars());
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.out + again.err, HasSubstr("FINDING: " + oracle + "\n"));
}

TEST(Minimize, OfAHundredThousandOperationsLeavesTheTenThatMatter) {
  expect_ten_operations("sleeper", "shadow.alignment", 100'000);
}

TEST(Minimize, OfAProgramThatKillsTheProcessLeavesTheTenThatMatter) {
  expect_ten_operations("deadly-sleeper", "crash", 10'000);
}

TEST(Minimize, OfASoundProgramFindsNothingAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string file =
      folder.file("x.trace", "poolhammer trace 2\nlayout tiny\nb0 = malloc(1)\n").string();
  EXPECT_EQ(poolhammer({"minimize", file}),
            (Outcome{0, file + " on pymalloc:tiny: nothing found, nothing to minimise\n", ""}));
  EXPECT_EQ(folder.files(), 1U);
}

TEST(Minimize, NeverWritesOverItsInput) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x.trace", "poolhammer trace 2\nb0 = malloc(1)\n").string();
  std::filesystem::create_hard_link(file, folder / "same.trace");
  for (const std::string& output : {file, (folder / "same.trace").string()}) {
    const Outcome outcome = poolhammer({"minimize", file, "-o", output});
    EXPECT_EQ(
        outcome,
        (Outcome{2, "", "poolhammer: --output: expected another file than the one that is minimised\n"}));
  }
}

TEST(Minimize, TellsTheSameAsJson) {
  const TemporaryFolder folder;
  std::string program = "poolhammer trace 2\n";
  for (int slot = 0; slot < 20; ++slot) program += "calloc " + std::to_string(slot) + " 2 2049\n";
  const std::string file = folder.file("x", program).string();
  const std::string small = (folder / "small").string();
  const Outcome outcome = poolhammer(
      {"minimize", file, "--subject", "sleeper", "-o", small, "--json", "--check-every", "3"}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  const json result = json::parse(outcome.out);
  EXPECT_EQ(result["operations"], 20);
  EXPECT_EQ(result["operations_left"], 10);
  EXPECT_EQ(result["at_rest"], true);
  EXPECT_EQ(result["finding"]["oracle"], "shadow.alignment");
  // The plainer way to judge shows it, too.
  EXPECT_EQ(result["finding"]["reproduce"], "poolhammer replay " + small + " --subject sleeper");
}

TEST(Minimize, SavesTheBestOfItsTime) {
  const TemporaryFolder folder;
  const std::string file = (folder / "big.trace").string();
  write_trace(file, with_ten_that_matter(1000));
  const Outcome outcome =
      poolhammer({"minimize", file, "--subject", "sleeper", "--seconds", "0.000001"}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out, HasSubstr("; stopped before the end\n"));
  EXPECT_EQ(read_trace(folder / "big.min.trace").operations.size(), 1000U);
}

TEST(Minimize, SavesTheBestSoFarWhenItIsInterrupted) {
  const TemporaryFolder folder;
  const std::string file = (folder / "big.trace").string();
  write_trace(file, with_ten_that_matter(1000));
  const Outcome outcome = poolhammer({"minimize", file, "--subject", "interrupting-sleeper"}, with_liars());
  EXPECT_EQ(outcome.status, 1) << outcome;
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("1 000 operations to 10; "), HasSubstr("; stopped before the end\n")));
  EXPECT_EQ(read_trace(folder / "big.min.trace").operations.size(), 10U);
}

TEST(Minimize, ThatIsInterruptedAtTheFirstRunEndsByTheSignal) {
  const TemporaryFolder folder;
  const std::string file = folder.file("x", "poolhammer trace 2\nb0 = malloc(4096)\n").string();
  const Outcome outcome = poolhammer({"minimize", file, "--subject", "interrupting-sleeper"}, with_liars());
  EXPECT_EQ(outcome.status, 128 + SIGINT) << outcome;
  EXPECT_EQ(folder.files(), 1U);
}

}  // namespace
}  // namespace poolhammer::cli
