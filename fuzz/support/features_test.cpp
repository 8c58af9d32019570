#include "fuzz/support/features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "fuzz/support/tally.hpp"
#include "harness/run/runner.hpp"

namespace poolhammer::fuzz {
namespace {

/// Nothing but counters.
class Counting final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "counting"; }
  [[nodiscard]] void* malloc(std::size_t /*size*/) override { return nullptr; }
  [[nodiscard]] void* calloc(std::size_t /*count*/, std::size_t /*size*/) override { return nullptr; }
  [[nodiscard]] void* realloc(void* /*block*/, std::size_t /*size*/) override { return nullptr; }
  void free(void* /*block*/) override {}
  [[nodiscard]] std::size_t owed_alignment(std::size_t /*size*/) const noexcept override { return 1; }
  std::size_t features(std::span<std::uint8_t> out) const override {
    const std::size_t written = std::min(out.size(), counters.size());
    std::copy_n(counters.begin(), written, out.begin());
    return written;
  }

  std::vector<std::uint8_t> counters;
};

std::uint64_t new_states(LayoutId layout, Counting& subject, std::vector<std::uint8_t> counters) {
  const std::uint64_t before = tally().states;
  subject.counters = std::move(counters);
  note_states(layout, subject);
  return tally().states - before;
}

TEST(Features, AStateCountsOncePerLayoutCounterAndRange) {
  Counting subject;
  EXPECT_EQ(new_states(LayoutId::modern, subject, {0, 0, 0}), 0U) << "0 is no state";
  EXPECT_EQ(new_states(LayoutId::modern, subject, {1, 0, 2}), 2U);
  EXPECT_EQ(new_states(LayoutId::modern, subject, {1, 1, 2}), 1U);
  EXPECT_EQ(new_states(LayoutId::modern, subject, {4, 5, 6}), 3U);
  EXPECT_EQ(new_states(LayoutId::modern, subject, {7, 7, 7}), 0U) << "4 to 7 are one range";
  EXPECT_EQ(new_states(LayoutId::modern, subject, {127, 128, 255}), 3U);
  EXPECT_EQ(new_states(LayoutId::classic, subject, {127, 128, 255}), 3U) << "another layout";
}

TEST(Features, ASubjectWithMoreCountersThanTheEngineHasRoomForLosesTheLast) {
  Counting subject;
  const std::uint64_t noted = new_states(LayoutId::aligned16, subject, std::vector<std::uint8_t>(100'000, 1));
  EXPECT_GT(noted, 400U);
  EXPECT_LT(noted, 100'000U);
}

TEST(Features, ARunOfTheHomeAllocatorReachesStatesOfItsLayout) {
  const std::unique_ptr<Subject> subject = make_subject("pymalloc:tiny");
  ASSERT_NE(subject, nullptr);
  const std::uint64_t before = tally().states;
  RunOptions options;
  options.after_last_step = [](const Subject& heap) { note_states(LayoutId::tiny, heap); };
  const Verdict verdict = run({LayoutId::tiny, {{OperationKind::malloc, 0, 0, 32}}}, *subject, options);
  EXPECT_FALSE(verdict.finding);
  EXPECT_GT(tally().states, before);
}

}  // namespace
}  // namespace poolhammer::fuzz
