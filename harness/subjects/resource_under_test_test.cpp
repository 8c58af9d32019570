#include "harness/subjects/resource_under_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "harness/run/runner.hpp"
#include "harness/subjects/adapt_testing.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

using testing::HasSubstr;

/// Takes every block from its upstream, and is wrong in one way.
enum class Wrong { nowhere, keeps_a_block, gives_back_too_few, gives_back_twice, ignores_alignment };

template <Wrong wrong>
class PassingOn : public std::pmr::memory_resource {
 public:
  explicit PassingOn(std::pmr::memory_resource* upstream) : upstream_(upstream) {}

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    if (wrong != Wrong::ignores_alignment) return upstream_->allocate(bytes, alignment);
    if (bytes > PTRDIFF_MAX) throw std::bad_alloc();
    return static_cast<std::byte*>(upstream_->allocate(bytes + 1, 64)) + 1;
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    if (wrong == Wrong::ignores_alignment)
      return upstream_->deallocate(static_cast<std::byte*>(block) - 1, bytes + 1, 64);
    if (wrong == Wrong::keeps_a_block && bytes == 77) return;
    upstream_->deallocate(block, wrong == Wrong::gives_back_too_few ? bytes - 1 : bytes, alignment);
    if (wrong == Wrong::gives_back_twice) upstream_->deallocate(block, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::pmr::memory_resource* upstream_;
};

void expect_innocent(Subject& subject) {
  RunOptions options;
  options.memory_limit = 1U << 20U;
  std::uint64_t refused = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Trace trace = generate(seed, {.operations = 200, .layout = LayoutId::classic});
    const Verdict verdict = run(trace, subject, options);
    ASSERT_FALSE(verdict.finding) << "seed " << seed << ":\n"
                                  << to_string(*verdict.finding) << to_text(trace);
    refused += verdict.statistics.refused;
  }
  EXPECT_GT(refused, 0U);
}

TEST(ResourceUnderTest, ACorrectOneIsNeverAccused) {
  auto subject = subject_of<PassingOn<Wrong::nowhere>>();
  expect_innocent(subject);
}

/// That of gcc 12 gives a block of 17 bytes for an alignment of 16 from cells of 24.
struct StandardPool : std::pmr::unsynchronized_pool_resource {
  using unsynchronized_pool_resource::unsynchronized_pool_resource;
  static constexpr std::size_t largest_alignment = 8;
};

TEST(ResourceUnderTest, ThoseOfTheStandardLibraryAreNeverAccused) {
  auto pool = subject_of<StandardPool>();
  expect_innocent(pool);
  auto monotonic = subject_of<std::pmr::monotonic_buffer_resource>();
  expect_innocent(monotonic);
}

TEST(ResourceUnderTest, MemoryKeptAtItsEndIsFound) {
  using Leaky = PassingOn<Wrong::keeps_a_block>;
  EXPECT_EQ(told<Leaky>("b0 = malloc(76)\n"), "nothing");
  EXPECT_EQ(told<Leaky>("b0 = malloc(77)\n"),
            "teardown: 1 block of together 77 bytes not given back to the upstream resource");
}

TEST(ResourceUnderTest, AWrongSizeGivenBackIsFound) {
  EXPECT_THAT(told<PassingOn<Wrong::gives_back_too_few>>("b0 = malloc(77)\nfree(b0)\n"),
              testing::StartsWith("invariant.self-check: 77 bytes aligned to "));
}

TEST(ResourceUnderTest, ABlockGivenBackTwiceIsFound) {
  EXPECT_THAT(told<PassingOn<Wrong::gives_back_twice>>("b0 = malloc(77)\nfree(b0)\n"),
              HasSubstr("given back to the upstream resource, of which it is no block"));
}

// The standard library says to the compiler that every address is aligned: where a sanitizer listens, it is
// first.
TEST(ResourceUnderTest, AnAlignmentThatIsNotKeptIsFound) {
  const std::string program =
      "b0 = malloc(1)\nb1 = malloc(2)\nb2 = malloc(3)\nb3 = malloc(4)\nb4 = malloc(5)\nb5 = malloc(6)\n";
  using Misaligned = PassingOn<Wrong::ignores_alignment>;
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  EXPECT_DEATH(static_cast<void>(told<Misaligned>(program)), "alignment");
  return;
#endif
#endif
  EXPECT_THAT(told<Misaligned>(program), testing::StartsWith("shadow.alignment: "));
}

TEST(ResourceUnderTest, ItsUpstreamRefusesOnCommand) {
  auto subject = subject_of<PassingOn<Wrong::nowhere>>();
  subject.fail_raw(1);
  EXPECT_EQ(subject.malloc(8), nullptr);
  void* const block = subject.malloc(8);
  EXPECT_NE(block, nullptr);
  subject.free(block);
}

TEST(ResourceUnderTest, CanBeMadeInAWayOfItsOwn) {
  const AdaptedResource registration("test:own-options", "a pool", [](std::pmr::memory_resource* upstream) {
    return std::make_unique<StandardPool>(std::pmr::pool_options{4, 0}, upstream);
  });
  const auto subject = make_subject("test:own-options");
  ASSERT_NE(subject, nullptr);
  expect_innocent(*subject);
}

}  // namespace
}  // namespace poolhammer
