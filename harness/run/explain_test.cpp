#include "harness/run/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "allocator/invariants/catalogue.hpp"
#include "harness/base/temporary_folder.hpp"
#include "harness/run/explanations.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

/// The names of oracles that stand as strings in the sources, tests apart.
[[nodiscard]] std::set<std::string> names_in_sources() {
  const std::regex name(
      R"re("((shadow|model|poison|drain|against)\.[a-z-]+|teardown|crash|hang|memory|(domains|statistics|debug)\.[a-z-]+|self-check|own-operation)")re");
  std::set<std::string> names;
  for (const std::string folder :
       {"harness/oracles", "harness/run", "harness/subjects", "harness/library", "worker"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string file = entry.path().string();
      if (!entry.is_regular_file()) continue;
      if (file.find("_test") != std::string::npos || file.find("explanations") != std::string::npos) continue;
      const std::string text = contents_of(file);
      for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match) {
        const std::string found = (*match)[1];
        const bool is_invariant = (*match)[3].matched || found == "self-check" || found == "own-operation";
        names.insert(is_invariant ? "invariant." + found : found);
      }
    }
  }
  return names;
}

TEST(Explanations, ThereIsOneForEveryInvariantOfTheCatalogue) {
  for (const pymalloc::Invariant& invariant : pymalloc::catalogue)
    EXPECT_THAT(meaning_of("invariant." + std::string(invariant.name)), Not(IsEmpty())) << invariant.name;
}

TEST(Explanations, ThereIsOneForEveryOracleInTheSources) {
  const std::set<std::string> names = names_in_sources();
  EXPECT_THAT(names, SizeIs(testing::Gt(25U)));
  for (const std::string& name : names) EXPECT_THAT(meaning_of(name), Not(IsEmpty())) << name;
}

TEST(Explanations, AreAboutWhatThereIs) {
  std::set<std::string> known = names_in_sources();
  for (const pymalloc::Invariant& invariant : pymalloc::catalogue)
    known.insert("invariant." + std::string(invariant.name));
  std::set<std::string_view> seen;
  for (const Explanation& explanation : explanations()) {
    EXPECT_TRUE(known.contains(std::string(explanation.oracle))) << explanation.oracle;
    EXPECT_TRUE(seen.insert(explanation.oracle).second) << explanation.oracle << " twice";
  }
  EXPECT_THAT(meaning_of("of a user"), IsEmpty());
}

[[nodiscard]] std::string told(const std::string& program, std::size_t step) {
  Finding finding;
  finding.operation_index = step;
  finding.operation = finding_at_drain;
  return told_step(finding, parse_text("poolhammer trace 2\n" + program));
}

TEST(Explain, SaysWhatTheGuiltyStepDoes) {
  const std::string program =
      "b3 = malloc(24)\nb4 = calloc(2, 8)\nb3 = realloc(b3, "
      "50)\nfree(b4)\nfree(b4)\nfree(b3)\ncheck()\nfail_raw(2)\ncrowd(2, 8)\n";
  EXPECT_EQ(told(program, 0), "operation 0 asks malloc for 24 bytes (slot 3)");
  EXPECT_EQ(told(program, 1), "operation 1 asks calloc for 2 times 8 bytes (slot 4)");
  EXPECT_EQ(
      told(program, 2),
      "operation 2 makes 50 bytes by realloc of the block of slot 3, 24 bytes by malloc in operation 0");
  EXPECT_EQ(told(program, 3),
            "operation 3 frees the block of slot 4, 2 times 8 bytes by calloc in operation 1");
  EXPECT_EQ(told(program, 4), "operation 4 frees the null pointer (slot 4 is empty)");
  EXPECT_EQ(told(program, 5), "operation 5 frees the block of slot 3, 50 bytes by realloc in operation 2");
  EXPECT_THAT(told(program, 6), HasSubstr("looks at everything"));
  EXPECT_EQ(told(program, 7), "operation 7 tells the backing allocator: fail_raw");
  EXPECT_EQ(told(program, 8), "operation 8 is crowd(2, 8)");
  EXPECT_THAT(told(program, 9), HasSubstr("after all operations"));
}

TEST(Explain, IsAFewLinesThatFitAScreen) {
  const Trace trace = parse_text("poolhammer trace 2\nb0 = malloc(24)\n");
  for (const Explanation& explanation : explanations()) {
    const Finding finding{std::string(explanation.oracle), 0, "b0 = malloc(24)", "", "", ""};
    const std::string text = explain(finding, trace);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 5) << text;
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1)
      EXPECT_LE(text.find('\n', begin) - begin, 112U) << text;
  }
}

}  // namespace
}  // namespace poolhammer
