// A correct allocator is never accused, whatever the program. (That a harness which is blind is noticed is
// what mutants/harness is for.)
#include <gtest/gtest.h>

#include <string>

#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t memory_limit = 1U << 20U;

void expect_innocent(Subject& subject, LayoutId made_for, std::uint64_t programs) {
  for (std::uint64_t seed = 0; seed < programs; ++seed) {
    const Trace trace = generate(seed, {.operations = 200, .layout = made_for});
    RunOptions options;
    options.check_every = seed % 50;
    options.memory_limit = memory_limit;
    const Verdict verdict = run(trace, subject, options);
    ASSERT_FALSE(verdict.finding) << subject.name() << " is accused on seed " << seed << ":\n"
                                  << to_string(*verdict.finding) << to_text(trace);
    ASSERT_EQ(verdict.statistics.operations, trace.operations.size()) << "seed " << seed;
  }
}

class Innocence : public testing::TestWithParam<std::string_view> {};

TEST_P(Innocence, OfTheHomeAllocatorIsNeverDoubted) {
  const auto subject = make_subject("pymalloc:" + std::string(GetParam()));
  ASSERT_NE(subject, nullptr);
  expect_innocent(*subject, *layout_named(GetParam()), 1000);
}

INSTANTIATE_TEST_SUITE_P(OfEachLayout, Innocence, testing::ValuesIn(layout_words),
                         [](const auto& test) { return std::string(test.param); });

TEST(Innocence, OfTheCLibraryIsNeverDoubted) {
  const auto subject = make_subject("libc");
  ASSERT_NE(subject, nullptr);
  expect_innocent(*subject, LayoutId::classic, 400);
}

TEST(Innocence, OfASimpleAllocatorIsNeverDoubted) {
  LyingSubject subject;
  expect_innocent(subject, LayoutId::tiny, 400);
}

}  // namespace
}  // namespace poolhammer
