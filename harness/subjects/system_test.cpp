#include "harness/subjects/system.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/own_operation.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// The systems by their subjects' names.
class System : public ::testing::TestWithParam<std::string_view> {
 protected:
  std::unique_ptr<Subject> subject_ = make_subject(GetParam());

  [[nodiscard]] Verdict verdict_of(const std::string& operations) {
    return run(parse_text("poolhammer trace 2\n" + operations), *subject_, {});
  }
};
INSTANTIATE_TEST_SUITE_P(Subjects, System, ::testing::ValuesIn(system_subjects()), [](const auto& tested) {
  std::string name(tested.param);
  name.replace(name.find(':'), 1, "_");
  return name;
});

TEST(Systems, OnPoolsAreSubjectsOnlyWhereTheBuildHasPools) {
  for (const std::string_view name : systems_on_pools)
    EXPECT_EQ(make_subject(name) != nullptr, pymalloc::with_pools) << name;
  for (const std::string_view name : systems_on_raw) EXPECT_NE(make_subject(name), nullptr) << name;
}

TEST_P(System, HasProgramsWrittenForTheLayoutOfItsPools) {
  EXPECT_EQ(subject_->layout(), LayoutId::modern);
}

TEST_P(System, GivesBlocksBackToTheDomainThatTheyCameFrom) {
  const Verdict verdict = verdict_of(
      "domain(raw)\nb0 = malloc(10)\ndomain(object)\nb1 = malloc(10)\nb0 = realloc(b0, 600)\nfree(b0)\nb1 = "
      "realloc(b1, 5)\ndomain "
      "mem\nfree(b1)\n");
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(verdict.statistics.refused, 0U);
}

TEST_P(System, TakesBlocksOfTheTimeBeforeADomainWasWrappedAndAfterIt) {
  const Verdict verdict = verdict_of(
      "b0 = malloc(10)\nhook(on)\nb1 = malloc(10)\nb0 = realloc(b0, "
      "20)\ncheck()\nhook(off)\nfree(b1)\nhook(on)\nhook(on)\nfree(b0)\n"
      "hook(off)\nhook(off)\ncheck()\n");
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
}

TEST_P(System, ServesOnWhileArenasAndRawBlocksAreRefused) {
  const Verdict verdict = verdict_of(
      "fail_arenas(2)\nb0 = malloc(10)\nfail_raw(3)\nb1 = malloc(5000)\nb0 = realloc(b0, "
      "5000)\ndomain(raw)\nb2 = malloc(1)\nmalloc "
      "3 1\n");
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(verdict.statistics.refused, 3U);
}

/// A block that was held back leaves, its place is given out at once, and goes back, as a node of the
/// registry is refused: the base takes the same address back twice.
TEST_P(System, MayGiveTheSamePlaceBackTwiceInOneCall) {
  const Verdict verdict = verdict_of(
      "own(0, 0, 0, 1)\ndomain(raw)\nb0 = malloc(1)\nfree(b0)\nfail_raw(1)\nown(21, 3, 0, 0)\nb1 = "
      "malloc(1)\n");
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
}

TEST_P(System, PassesRandomProgramsAndIsTheSameAgainAfterEach) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace = generate(seed, {.operations = 1000,
                                        .layout = LayoutId::modern,
                                        .commands = true,
                                        .domains = true,
                                        .breadth = {.functions = {}, .own = subject_->own_operations()}});
    for (int time = 0; time < 2; ++time) {
      const Verdict verdict = run(trace, *subject_, {});
      ASSERT_FALSE(verdict.finding) << "seed " << seed << ": " << to_string(*verdict.finding);
    }
  }
}

TEST_P(System, DoesWhatEachOfItsOperationsExpectsInEveryKindOfSystem) {
  Random random(1);
  const std::span<const OwnOperation> own = subject_->own_operations();
  for (std::uint64_t kind = 0; kind < 30; ++kind) {
    Trace trace{LayoutId::modern, {}};
    trace.operations.push_back(
        with_numbers({.kind = OperationKind::own, .own = 0}, {kind % 2, kind / 2 % 3, kind / 6}));
    for (std::size_t step = 0; step < 400; ++step) {
      const auto slot = static_cast<std::uint32_t>(random.below(16));
      trace.operations.push_back({OperationKind::malloc, slot, 0, random.below(700)});
      trace.operations.push_back({OperationKind::realloc, slot, 0, random.below(700)});
      const auto number = static_cast<std::uint8_t>(1 + random.below(own.size() - 1));
      trace.operations.push_back(draw_own(own, number, static_cast<std::uint32_t>(random.below(16)), random));
      if (random.chance(1, 3)) trace.operations.push_back({OperationKind::free, slot, 0, 0});
    }
    RunOptions options;
    options.check_every = 50;
    const Verdict verdict = run(trace, *subject_, options);
    ASSERT_FALSE(verdict.finding) << "kind " << kind << ": " << to_string(*verdict.finding);
  }
}

}  // namespace
}  // namespace poolhammer
