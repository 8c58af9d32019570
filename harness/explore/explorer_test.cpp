#include "harness/explore/explorer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "harness/explore/visited.hpp"
#include "harness/run/runner.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A universe that is a number: steps add 1 to 3 to it, and it is wrong where it becomes `wrong`.
class Counter final : public Universe {
 public:
  Counter(std::uint64_t last, std::uint64_t wrong) : last_(last), wrong_(wrong) {}

  void start() override { value_ = 0; }
  void steps(std::vector<Step>& steps) override {
    steps.clear();
    for (std::uint8_t add = 1; add <= 3; ++add) steps.push_back({OperationKind::malloc, 0, add, 0});
  }
  [[nodiscard]] std::optional<Complaint> take(const Step& step) override {
    taken_ = step.size;
    value_ += step.size;
    if (value_ == wrong_) return Complaint{"counter", "", "another number", std::to_string(value_)};
    return std::nullopt;
  }
  [[nodiscard]] std::optional<Complaint> end() override {
    const bool wrong = value_ == wrong_at_end;
    value_ = 1'000'000;  // whoever goes on without putting it back is noticed
    return wrong ? std::optional<Complaint>({"end", "", "", ""}) : std::nullopt;
  }
  [[nodiscard]] bool inside() const override { return value_ <= last_; }
  [[nodiscard]] std::uint64_t digest() const override { return value_; }
  void save(std::size_t level) override {
    saved_.resize(std::max(saved_.size(), level + 1));
    saved_[level] = value_;
  }
  void restore(std::size_t level) override { value_ = saved_[level]; }
  void preamble(std::vector<Operation>& operations) const override {
    operations.push_back({OperationKind::place, 0, 0, 3});
  }
  void describe(std::vector<Operation>& operations) const override {
    operations.push_back({OperationKind::malloc, 0, 0, taken_});
  }
  void announce(const Step& step, std::vector<Operation>& operations) const override {
    operations.push_back({OperationKind::malloc, 0, 0, step.size});
  }

  std::uint64_t wrong_at_end = ~std::uint64_t{0};

 private:
  std::uint64_t last_;
  std::uint64_t wrong_;
  std::uint64_t value_ = 0;
  std::uint64_t taken_ = 0;
  std::vector<std::uint64_t> saved_;
};

constexpr std::uint64_t never = ~std::uint64_t{0};

[[nodiscard]] std::vector<std::string> texts(const std::vector<Operation>& program) {
  std::vector<std::string> lines;
  for (const Operation& operation : program) lines.push_back(to_text(operation));
  return lines;
}

TEST(Explorer, VisitsEveryStateOnceAndTakesEveryStepOfIt) {
  Counter counter(10, never);
  const ExploreResult result = explore(counter);
  EXPECT_EQ(result.end, ExploreEnd::exhausted);
  EXPECT_EQ(result.progress.states, 11U);
  EXPECT_EQ(result.progress.transitions, 33U) << "those that lead out of the space too";
  EXPECT_EQ(result.progress.depth, 4U) << "10 = 3 + 3 + 3 + 1";
  EXPECT_FALSE(result.finding);
}

TEST(Explorer, FindsAShortestProgramAndStopsThere) {
  Counter counter(100, 7);
  const ExploreResult result = explore(counter);
  EXPECT_EQ(result.end, ExploreEnd::finding);
  ASSERT_TRUE(result.finding);
  EXPECT_EQ(result.finding->complaint.found, "7");
  EXPECT_THAT(texts(result.finding->program),
              ElementsAre("place(misaligned)", "b0 = malloc(1)", "b0 = malloc(3)", "b0 = malloc(3)"));
  EXPECT_FALSE(result.finding->at_end);
}

TEST(Explorer, JudgesAlsoStepsThatLeadOutOfTheSpace) {
  Counter counter(5, 8);
  EXPECT_EQ(explore(counter).end, ExploreEnd::finding);
  Counter further(5, 9);
  EXPECT_EQ(explore(further).end, ExploreEnd::exhausted);
}

TEST(Explorer, JudgesTheEndOfEveryState) {
  Counter counter(100, never);
  counter.wrong_at_end = 5;
  const ExploreResult result = explore(counter);
  ASSERT_EQ(result.end, ExploreEnd::finding);
  EXPECT_TRUE(result.finding->at_end);
  EXPECT_THAT(texts(result.finding->program),
              ElementsAre("place(misaligned)", "b0 = malloc(2)", "b0 = malloc(3)"));
  Counter empty(100, never);
  empty.wrong_at_end = 0;
  EXPECT_THAT(texts(explore(empty).finding->program), ElementsAre("place(misaligned)"));
}

TEST(Explorer, StopsAtItsDepthWithAllThatIsThatDeep) {
  Counter counter(1000, never);
  ExploreOptions options;
  options.depth = 4;
  const ExploreResult result = explore(counter, options);
  EXPECT_EQ(result.end, ExploreEnd::depth);
  EXPECT_EQ(result.progress.depth, 4U);
  EXPECT_EQ(result.progress.states, 13U) << "0 to 12";
}

TEST(Explorer, OfNoStepAtAllIsExhaustedAtDepthZero) {
  Counter counter(0, never);
  const ExploreResult result = explore(counter);
  EXPECT_EQ(result.end, ExploreEnd::exhausted);
  EXPECT_EQ(result.progress.depth, 0U);
  EXPECT_EQ(result.progress.states, 1U);
}

TEST(Explorer, StopsWhereItIsToldTo) {
  Counter counter(1000, never);
  ExploreOptions options;
  options.go_on = [](const ExploreProgress& progress) { return progress.transitions < 30; };
  const ExploreResult result = explore(counter, options);
  EXPECT_EQ(result.end, ExploreEnd::stopped);
  EXPECT_EQ(result.progress.transitions, 30U);
}

TEST(Explorer, KeepsToItsMemory) {
  Counter counter(1'000'000, never);
  ExploreOptions options;
  options.memory = 1U << 16U;
  const ExploreResult result = explore(counter, options);
  EXPECT_EQ(result.end, ExploreEnd::memory);
  EXPECT_LE(result.progress.bytes, options.memory);
  EXPECT_GT(result.progress.states, 1'000U);
}

TEST(Explorer, SaysBeforehandWhatItIsAboutToDo) {
  Counter counter(100, 7);
  ExploreOptions options;
  std::vector<Operation> reached;
  std::vector<Operation> more;
  options.reached = [&](const std::vector<Operation>& program) { reached = program; };
  options.about_to = [&](const std::vector<Operation>& operations) { more = operations; };
  const ExploreResult result = explore(counter, options);
  reached.insert(reached.end(), more.begin(), more.end());
  EXPECT_EQ(texts(reached), texts(result.finding->program));
}

TEST(Explorer, GoesOnBesideWhatIsPassedBy) {
  Counter counter(10, 7);
  counter.wrong_at_end = 5;
  std::vector<ExploreFinding> passed;
  ExploreOptions options;
  options.pass_by = [&](const ExploreFinding& finding) {
    passed.push_back(finding);
    return true;
  };
  const ExploreResult result = explore(counter, options);
  EXPECT_EQ(result.end, ExploreEnd::exhausted);
  EXPECT_FALSE(result.finding);
  EXPECT_EQ(result.progress.states, 10U) << "0 to 10 without 7";
  // The heap's end in 5, and the steps to 7 from 4, 5 and 6.
  ASSERT_EQ(passed.size(), 4U);
  for (const ExploreFinding& finding : passed) {
    std::uint64_t sum = 0;
    for (std::size_t step = 1; step < finding.program.size(); ++step) sum += finding.program[step].size;
    EXPECT_EQ(sum, finding.at_end ? 5U : 7U);
  }
}

TEST(Explorer, EndsAtTheFirstThatIsNotPassedBy) {
  Counter counter(20, 7);
  counter.wrong_at_end = 5;
  ExploreOptions options;
  options.pass_by = [](const ExploreFinding& finding) { return finding.at_end; };
  const ExploreResult result = explore(counter, options);
  EXPECT_EQ(result.end, ExploreEnd::finding);
  ASSERT_TRUE(result.finding);
  EXPECT_EQ(result.finding->complaint.oracle, "counter");
}

TEST(VisitedSet, HoldsWhatWasPutInAndNothingElse) {
  VisitedSet set;
  for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_TRUE(set.insert(i * 0xD134'2543'DE82'EF95U)) << i;
  for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_FALSE(set.insert(i * 0xD134'2543'DE82'EF95U)) << i;
  EXPECT_EQ(set.size(), 100'000U);
}

}  // namespace
}  // namespace poolhammer
