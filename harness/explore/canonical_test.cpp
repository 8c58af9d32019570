#include "harness/explore/canonical.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "harness/explore/explorer.hpp"
#include "harness/explore/home_universe.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using Tiny = HomeUniverse<pymalloc::Tiny>;

/// A universe explored by exact addresses that also collects what its states are by standing.
class Folding final : public Universe {
 public:
  explicit Folding(const UniverseOptions& options) : exact_(options) {}

  void start() override { exact_.start(); }
  void steps(std::vector<Step>& steps) override { exact_.steps(steps); }
  [[nodiscard]] std::optional<Complaint> take(const Step& step) override { return exact_.take(step); }
  [[nodiscard]] std::optional<Complaint> end() override { return exact_.end(); }
  [[nodiscard]] bool inside() const override { return exact_.inside(); }
  [[nodiscard]] std::uint64_t digest() const override {
    standings_.insert(exact_.digest(false));
    return exact_.digest(true);
  }
  void save(std::size_t level) override { exact_.save(level); }
  void restore(std::size_t level) override { exact_.restore(level); }
  void preamble(std::vector<Operation>& operations) const override { exact_.preamble(operations); }
  void describe(std::vector<Operation>& operations) const override { exact_.describe(operations); }
  void announce(const Step& step, std::vector<Operation>& operations) const override {
    exact_.announce(step, operations);
  }

  [[nodiscard]] std::size_t standings() const { return standings_.size(); }

 private:
  Tiny exact_;
  mutable std::set<std::uint64_t> standings_;
};

/// Renaming must lose nothing: from one state of each standing every standing is reached that is reached from
/// all states, and in as few steps.
void expect_same_standings(UniverseOptions options, std::uint32_t depth) {
  ExploreOptions limits;
  limits.depth = depth;
  std::size_t by_standing = 0;
  {
    Tiny universe(options);
    const ExploreResult result = explore(universe, limits);
    ASSERT_FALSE(result.finding);
    by_standing = result.progress.states;
  }
  options.exact = true;
  Folding folding(options);
  const ExploreResult result = explore(folding, limits);
  ASSERT_FALSE(result.finding);
  EXPECT_GT(result.progress.states, by_standing);
  EXPECT_EQ(folding.standings(), by_standing);
}

TEST(StatesByStanding, AreThoseByAddressRenamed) {
  UniverseOptions options;
  options.classes = {96};
  options.raw_blocks = 0;
  expect_same_standings(options, 1000);
  options.classes = {64};
  options.placement = pymalloc::Placement::misaligned;
  expect_same_standings(options, 7);
}

TEST(StatesByStanding, AreThoseByAddressRenamedWhereArenasComeAndGo) {
  UniverseOptions options;
  options.classes = {96};
  options.arenas = 3;
  options.raw_blocks = 0;
  options.placement = pymalloc::Placement::misaligned;
  expect_same_standings(options, 10);
}

TEST(StatesByStanding, AreThoseByAddressRenamedInEveryClassAndWithFailures) {
  UniverseOptions options;
  options.arenas = 2;
  options.failures = true;
  expect_same_standings(options, 4);
}

}  // namespace
}  // namespace poolhammer
