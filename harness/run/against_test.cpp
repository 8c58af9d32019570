#include "harness/run/against.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>

#include "allocator/pool.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/testing/forwarding_subject.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/testing/with_cpython.hpp"
#include "harness/trace/generate.hpp"

namespace poolhammer {
namespace {

using pymalloc::peek;
using pymalloc::poke;
using testing::HasSubstr;
using testing::StartsWith;

/// A home heap of the same layout that goes its own way at its fourth malloc.
class Deviant final : public ForwardingSubject {
 public:
  using Way = std::function<void(Subject& inner, void* block)>;

  /// `way` is shown the heap and the block that the fourth malloc is about to return.
  explicit Deviant(Way way, bool refuses = false)
      : ForwardingSubject(make_subject("pymalloc:modern", 1)), way_(std::move(way)), refuses_(refuses) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "deviant"; }
  [[nodiscard]] void* malloc(std::size_t size) override {
    void* const block = inner().malloc(size);
    if (++mallocs_ != 4) return block;
    way_(inner(), block);
    return refuses_ ? nullptr : block;
  }
  void reset() override {
    inner().reset();
    mallocs_ = 0;
  }

 private:
  Way way_;
  bool refuses_;
  unsigned mallocs_ = 0;
};

[[nodiscard]] Trace six_mallocs() {
  return trace_of(
      "b0 = malloc(24)\nb1 = malloc(24)\nb2 = malloc(24)\nb3 = malloc(24)\nb4 = malloc(24)\nb5 = "
      "malloc(24)\nfree(b1)\ncheck()\n");
}

[[nodiscard]] pymalloc::PoolHeader* pool_of(const void* block) {
  return pymalloc::pool_of<pymalloc::Modern>(block);
}

[[nodiscard]] RunOptions options(std::uint64_t check_every, std::uint64_t memory_limit_mib,
                                 bool contents = true) {
  RunOptions chosen;
  chosen.contents = contents;
  chosen.check_every = check_every;
  chosen.memory_limit = memory_limit_mib << 20U;
  return chosen;
}

/// The finding of a heap that deviates beside one that does not.
[[nodiscard]] Finding deviation(Deviant::Way way, bool refuses = false, const Trace& trace = six_mallocs(),
                                Compare compare = Compare::placements) {
  Deviant deviant(std::move(way), refuses);
  const auto right = make_subject("pymalloc:modern");
  const Verdict verdict = run_against(trace, deviant, *right, compare, options(0, 4096, false));
  return verdict.finding.value_or(Finding{
      .oracle = "none", .operation_index = 0, .operation = "", .where = "", .expected = "", .found = ""});
}

TEST(Against, SeesABlockInAnotherPlace) {
  // The deviant's third block comes back at the fifth request.
  const Finding finding = deviation([](Subject& inner, void*) { static_cast<void>(inner.malloc(24)); });
  EXPECT_EQ(finding.oracle, "against.pool");
  EXPECT_EQ(finding.operation_index, 3U);
  EXPECT_EQ(finding.expected, "ref.count = 4");
  EXPECT_EQ(finding.found, "ref.count = 5");
}

TEST(Against, SeesAnotherAnswer) {
  const Finding finding = deviation([](Subject&, void*) {}, true);
  EXPECT_EQ(finding.oracle, "against.answer");
  EXPECT_EQ(finding.operation_index, 3U);
  EXPECT_EQ(finding.operation, "b3 = malloc(24)");
  EXPECT_THAT(finding.expected, StartsWith("origin + 0x"));
  EXPECT_THAT(finding.expected, HasSubstr("arena 0, pool 0, class 1, block 3"));
  EXPECT_EQ(finding.found, "NULL");
}

TEST(Against, SeesARequestThatIsNotMade) {
  const Finding finding = deviation([](Subject& inner, void*) { inner.free(inner.malloc(600)); });
  EXPECT_EQ(finding.oracle, "against.requests");
  EXPECT_EQ(finding.where, "request 0 of the step");
  EXPECT_EQ(finding.expected, "nothing");
  EXPECT_THAT(finding.found, StartsWith("raw malloc of 600 bytes, answered origin + 0x"));
}

TEST(Against, SeesARequestOfAnotherSize) {
  const Trace trace = trace_of("b0 = malloc(1)\nb1 = malloc(1)\nb2 = malloc(1)\nb3 = malloc(600)\n");
  Deviant deviant([](Subject& inner, void* block) { inner.free(block), (void)inner.malloc(601); });
  const auto right = make_subject("pymalloc:modern");
  const Verdict verdict = run_against(trace, deviant, *right, Compare::placements);
  ASSERT_TRUE(verdict.finding);
  EXPECT_EQ(verdict.finding->oracle, "against.requests");
  EXPECT_EQ(verdict.finding->expected, "nothing");
  EXPECT_THAT(verdict.finding->found, StartsWith("raw free of "));
}

TEST(Against, SeesEveryFieldOfAPoolHeaderAtOnce) {
  const std::vector<std::pair<std::string, Deviant::Way>> ways = {
      {"ref.count", [](Subject&, void* block) { poke(pool_of(block)->ref_count, 9U); }},
      {"szidx", [](Subject&, void* block) { poke(pool_of(block)->szidx, 9U); }},
      {"nextoffset", [](Subject&, void* block) { poke(pool_of(block)->nextoffset, 9U); }},
      {"maxnextoffset", [](Subject&, void* block) { poke(pool_of(block)->maxnextoffset, 9U); }},
      {"arenaindex", [](Subject&, void* block) { poke(pool_of(block)->arenaindex, 9U); }},
      {"freeblock",
       [](Subject&, void* block) { poke(pool_of(block)->freeblock, static_cast<std::byte*>(block)); }},
      {"nextpool", [](Subject&, void* block) { poke(pool_of(block)->nextpool, pool_of(block)); }},
      {"prevpool", [](Subject&, void* block) { poke(pool_of(block)->prevpool, pool_of(block)); }},
  };
  for (const auto& [field, way] : ways) {
    const Finding finding = deviation(way);
    EXPECT_EQ(finding.oracle, "against.pool") << field;
    EXPECT_EQ(finding.operation_index, 3U) << field;
    EXPECT_THAT(finding.where, StartsWith("the pool at origin + 0x")) << field;
    EXPECT_THAT(finding.found, StartsWith(field + " = ")) << field;
  }
}

TEST(Against, SeesADeepLinkOfAFreeListAtTheNextCheckPoint) {
  // Blocks 0, 1 and 2 are free when block 3 is given; the last link of the list is bent then.
  const Trace trace = trace_of(
      "b0 = malloc(24)\nb1 = malloc(24)\nb2 = malloc(24)\nfree(b0)\nfree(b1)\nfree(b2)\nb3 = malloc(24)\nb4 "
      "= malloc(520)\ncheck()\n");
  const Finding finding = deviation(
      [](Subject& inner, void* block) {
        const auto* const second = reinterpret_cast<const std::byte*>(
            inner.view()->link(std::bit_cast<std::uintptr_t>(peek(pool_of(block)->freeblock))));
        pymalloc::set_link(const_cast<std::byte*>(second), nullptr);
      },
      false, trace);
  EXPECT_EQ(finding.oracle, "against.free-list");
  EXPECT_EQ(finding.operation, "check()");
  EXPECT_THAT(finding.expected, StartsWith("a link to origin + 0x"));
  EXPECT_EQ(finding.found, "a link to NULL");
}

TEST(Against, SeesARefusalThatNobodyCommanded) {
  const Finding finding = deviation([](Subject&, void*) {}, true, six_mallocs(), Compare::meaning);
  EXPECT_EQ(finding.oracle, "against.answer");
  EXPECT_EQ(finding.expected, "a block");
  EXPECT_EQ(finding.found, "NULL");
}

TEST(Against, LooksAtNoPlacementWhereItComparesTheMeaning) {
  const Finding finding = deviation([](Subject& inner, void*) { static_cast<void>(inner.malloc(24)); }, false,
                                    six_mallocs(), Compare::meaning);
  EXPECT_EQ(finding.oracle, "none");
}

TEST(Against, NamesTheOneWhoseContentsAreWrong) {
  LyingSubject liar(Lie::scribble, 5, "liar");
  LyingSubject honest(Lie::none, 0, "honest");
  const Verdict verdict = run_against(six_mallocs(), honest, liar, Compare::meaning);
  ASSERT_TRUE(verdict.finding);
  EXPECT_EQ(verdict.finding->oracle, "shadow.contents");
  EXPECT_THAT(verdict.finding->where, StartsWith("liar: "));
}

TEST(Against, FindsNothingBetweenLayoutsThatMeanTheSame) {
  const auto modern = make_subject("pymalloc:modern");
  const auto tiny = make_subject("pymalloc:tiny");
  const auto libc = make_subject("libc");
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Trace trace = generate(seed, {.operations = 300, .layout = LayoutId::tiny});
    for (Subject* const judge : {tiny.get(), libc.get()}) {
      const Verdict verdict = run_against(trace, *modern, *judge, Compare::meaning, options(64, 1));
      ASSERT_FALSE(verdict.finding) << seed << ": " << to_string(*verdict.finding);
      EXPECT_EQ(verdict.statistics.operations, 300U);
    }
  }
}

TEST(Against, DrainsTheSameSlotsOfBothAlsoWhereStepsWereSkipped) {
  // Slots of both kinds that a SlotTable has; the second malloc is over the limit of 1 MiB.
  const Trace trace = trace_of(
      "b70000 = malloc(600)\nb9 = malloc(2000000)\nb80000 = malloc(700)\nb75000 = malloc(2000000)\n");
  const auto one = make_subject("pymalloc:modern", 0);
  const auto other = make_subject("pymalloc:modern", 1);
  const Verdict verdict = run_against(trace, *one, *other, Compare::placements, options(0, 1));
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_EQ(verdict.statistics.skipped, 2U);
}

TEST(Against, SaysWhosePlacementsCannotBeCompared) {
  const auto modern = make_subject("pymalloc:modern");
  const auto tiny = make_subject("pymalloc:tiny");
  const auto libc = make_subject("libc");
  EXPECT_EQ(placements_not_comparable(*modern, *libc), "libc does not show its placements");
  EXPECT_EQ(placements_not_comparable(*tiny, *modern),
            "pymalloc:tiny has the layout tiny, pymalloc:modern has modern");
  EXPECT_EQ(placements_not_comparable(*modern, *modern), std::nullopt);
}

class AgainstCPython : public WithCPython {};

TEST_F(AgainstCPython, ModernAnswersRequestsAndCarvesTheSame) {
  const auto modern = make_subject("pymalloc:modern");
  ASSERT_EQ(placements_not_comparable(*modern, subject()), std::nullopt);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Trace trace = generate(seed, {.operations = 1000, .layout = LayoutId::modern});
    const Verdict verdict = run_against(trace, *modern, subject(), Compare::placements, options(64, 16));
    ASSERT_FALSE(verdict.finding) << "seed " << seed << ":\n" << to_string(*verdict.finding);
  }
}

TEST_F(AgainstCPython, ModernGrowsItsTableAndReleasesItsArenasTheSame) {
  const auto modern = make_subject("pymalloc:modern");
  constexpr std::uint32_t blocks = 36 * 64 * 31;
  Trace trace{.layout = LayoutId::modern, .operations = {}};
  for (std::uint32_t i = 0; i < blocks; ++i) {
    if (i % 10'000 == 0)
      trace.operations.push_back(
          {.kind = OperationKind::place, .slot = 0, .count = 0, .size = i / 10'000 % pymalloc::placements});
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = i, .count = 0, .size = 512});
  }
  // In steps that are prime to their number, so that arenas become free in no simple order.
  for (std::uint32_t i = 0; i < blocks; ++i) {
    const auto slot = static_cast<std::uint32_t>(std::uint64_t{i} * 7919 % blocks);
    trace.operations.push_back({.kind = OperationKind::free, .slot = slot, .count = 0, .size = 0});
  }
  const Verdict verdict =
      run_against(trace, *modern, subject(), Compare::placements, options(5000, 4096, false));
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
  EXPECT_GT(verdict.statistics.peak_live_blocks, 32U * 64 * 31);
}

TEST_F(AgainstCPython, TheMeaningIsTheSameOnEveryLayout) {
  for (const std::string_view layout : layout_words) {
    const auto home = make_subject("pymalloc:" + std::string(layout));
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      const Trace trace = generate(seed, {.operations = 300, .layout = *layout_named(layout)});
      const Verdict verdict = run_against(trace, *home, subject(), Compare::meaning, options(0, 1));
      ASSERT_FALSE(verdict.finding) << layout << ", seed " << seed << ":\n" << to_string(*verdict.finding);
    }
  }
}

}  // namespace
}  // namespace poolhammer
