// Each way to be wrong is accused by its own oracle, at its own step, in the words that a person will read.
#include "harness/oracles/shadow_heap.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <regex>
#include <string>
#include <vector>

#include "harness/oracles/pattern.hpp"
#include "harness/run/runner.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/testing/trace_of.hpp"

namespace poolhammer {
namespace {

struct Case {
  std::string name;
  Lie lie;
  std::uint64_t call;
  std::string program;  ///< a line an operation
  std::string oracle;
  std::size_t index;
  std::string operation;
  std::string where;
  std::string expected;
  std::string found;  ///< <N> stands for the address of byte N of the subject's memory
  std::uint64_t check_every = 0;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

[[nodiscard]] unsigned written(std::uint64_t number, std::size_t byte) {
  return std::to_integer<unsigned>(pattern_byte(pattern_of(number), byte));
}

// The n-th block of a run, from 0, and what a lie made of one of its bytes.
[[nodiscard]] std::string as_written(std::uint64_t number, std::size_t byte, std::size_t size) {
  return fmt::format("{:#04x} in byte {} of a block of {}, as its owner wrote it", written(number, byte),
                     byte, size);
}
[[nodiscard]] std::string inverted(std::uint64_t number, std::size_t byte) {
  return fmt::format("{:#04x}", written(number, byte) ^ 0xFFU);
}

[[nodiscard]] std::string with_addresses(std::string text, const LyingSubject& subject) {
  std::smatch match;
  while (std::regex_search(text, match, std::regex("<([0-9]+)>"))) {
    const void* const address = subject.at(std::stoul(match[1]));
    text = match.prefix().str() + fmt::format("{}", address) + match.suffix().str();
  }
  return text;
}

[[nodiscard]] RunOptions checked_every(std::uint64_t operations) {
  RunOptions options;
  options.check_every = operations;
  return options;
}

[[nodiscard]] std::vector<Case> cases() {
  const std::string alone = "a block that shares no byte with a live one";
  const std::string inside = "16 bytes inside the subject's memory";
  const std::string nothing_refused = "NULL, and nothing was refused below";
  return {
      {"inside_another", Lie::inside_another, 1, "b0 = malloc(64)\nb1 = malloc(16)\n", "shadow.disjoint", 1,
       "b1 = malloc(16)", "byte 16 of its memory", alone,
       "16 bytes at <16>, over the live block of 64 bytes at <0>"},
      {"over_the_next", Lie::over_the_next, 3,
       "b0 = malloc(16)\nb1 = malloc(16)\nfree(b0)\nb2 = malloc(17)\n", "shadow.disjoint", 3,
       "b2 = malloc(17)", "byte 0 of its memory", alone,
       "17 bytes at <0>, over the live block of 16 bytes at <16>"},
      {"realloc_inside_another", Lie::inside_another, 2,
       "b0 = malloc(64)\nb1 = malloc(16)\nb1 = realloc(b1, 32)\n", "shadow.disjoint", 2,
       "b1 = realloc(b1, 32)", "byte 16 of its memory", alone,
       "32 bytes at <16>, over the live block of 64 bytes at <0>"},
      {"misaligned", Lie::misaligned, 0, "b0 = malloc(24)\n", "shadow.alignment", 0, "b0 = malloc(24)",
       "byte 8 of its memory", "an address aligned to 16 bytes", "<8>, 8 bytes behind one"},
      {"misaligned_calloc", Lie::misaligned, 1, "b0 = malloc(8)\nb1 = calloc(2, 8)\n", "shadow.alignment", 1,
       "b1 = calloc(2, 8)", "byte 24 of its memory", "an address aligned to 16 bytes",
       "<24>, 8 bytes behind one"},
      {"outside", Lie::outside, 1, "b0 = malloc(16)\nb1 = malloc(16)\n", "shadow.owned-memory", 1,
       "b1 = malloc(16)", "byte 1048576 of its memory", inside, "<1048576>, outside of it or across its end"},
      {"across_the_end", Lie::across_the_end, 0, "b0 = malloc(17)\n", "shadow.owned-memory", 0,
       "b0 = malloc(17)", "byte 1048560 of its memory", "17 bytes inside the subject's memory",
       "<1048560>, outside of it or across its end"},
      {"no_bytes_outside", Lie::outside, 0, "b0 = malloc(0)\n", "shadow.owned-memory", 0, "b0 = malloc(0)",
       "byte 1048576 of its memory", "0 bytes inside the subject's memory",
       "<1048576>, outside of it or across its end"},
      {"short_block", Lie::short_block, 0, "b0 = malloc(24)\n", "shadow.usable-size", 0, "b0 = malloc(24)",
       "byte 0 of its memory", "a block of at least 24 bytes", "one of 23"},
      {"scribble_seen_by_free", Lie::scribble, 1, "b0 = malloc(24)\nb1 = malloc(24)\nfree(b1)\nfree(b0)\n",
       "shadow.contents", 3, "free(b0)", "byte 12 of its memory", as_written(0, 12, 24), inverted(0, 12)},
      {"scribble_seen_at_once", Lie::scribble, 1, "b0 = malloc(24)\nb1 = malloc(24)\nfree(b1)\nfree(b0)\n",
       "shadow.contents", 1, "b1 = malloc(24)", "byte 12 of its memory", as_written(0, 12, 24),
       inverted(0, 12), 1},
      {"scribble_seen_at_a_check_point", Lie::scribble, 1,
       "b0 = malloc(24)\nb1 = malloc(24)\ncheck()\nfree(b0)\n", "shadow.contents", 2, "check()",
       "byte 12 of its memory", as_written(0, 12, 24), inverted(0, 12)},
      {"scribble_seen_before_realloc", Lie::scribble, 1,
       "b0 = malloc(24)\nb1 = malloc(24)\nb0 = realloc(b0, 99)\n", "shadow.contents", 2,
       "b0 = realloc(b0, 99)", "byte 12 of its memory", as_written(0, 12, 24), inverted(0, 12)},
      {"scribble_seen_at_the_end", Lie::scribble, 1, "b0 = malloc(24)\nb1 = malloc(24)\n", "shadow.contents",
       2, "last check", "byte 12 of its memory", as_written(0, 12, 24), inverted(0, 12)},
      {"scribble_of_the_drain", Lie::scribble, 2, "b1 = malloc(24)\nb0 = malloc(24)\n", "shadow.contents", 2,
       "drain", "byte 12 of its memory", as_written(0, 12, 24), inverted(0, 12)},
      {"scribble_into_a_reallocated_block", Lie::scribble, 2,
       "b0 = malloc(24)\nb0 = realloc(b0, 100)\nb1 = malloc(8)\nfree(b0)\n", "shadow.contents", 3, "free(b0)",
       "byte 82 of its memory", as_written(1, 50, 100), inverted(1, 50)},
      {"calloc_dirty", Lie::calloc_dirty, 0, "b0 = calloc(4, 4)\n", "shadow.zeroed", 0, "b0 = calloc(4, 4)",
       "byte 15 of its memory", "byte 15 of the block to be zero", "0xa5"},
      {"realloc_loses_first", Lie::realloc_loses_first, 1, "b0 = malloc(24)\nb0 = realloc(b0, 48)\n",
       "shadow.kept", 1, "b0 = realloc(b0, 48)", "byte 32 of its memory", as_written(0, 0, 24),
       inverted(0, 0)},
      {"realloc_loses_last_of_the_old", Lie::realloc_loses_last, 1, "b0 = malloc(24)\nb0 = realloc(b0, 48)\n",
       "shadow.kept", 1, "b0 = realloc(b0, 48)", "byte 55 of its memory", as_written(0, 23, 24),
       inverted(0, 23)},
      {"realloc_loses_last_of_the_new", Lie::realloc_loses_last, 1, "b0 = malloc(24)\nb0 = realloc(b0, 5)\n",
       "shadow.kept", 1, "b0 = realloc(b0, 5)", "byte 36 of its memory", as_written(0, 4, 5), inverted(0, 4)},
      {"failed_realloc_writes", Lie::failed_realloc_writes, 1, "b0 = malloc(24)\nb0 = realloc(b0, 48)\n",
       "shadow.unchanged-by-failure", 1, "b0 = realloc(b0, 48)", "byte 0 of its memory", as_written(0, 0, 24),
       inverted(0, 0)},
      {"failed_realloc_frees", Lie::failed_realloc_frees, 1, "b0 = malloc(24)\nb0 = realloc(b0, 48)\n",
       "shadow.unchanged-by-failure", 1, "b0 = realloc(b0, 48)", "byte 0 of its memory", as_written(0, 0, 24),
       inverted(0, 0)},
      {"refused_malloc", Lie::refusal, 1, "b0 = malloc(24)\nb1 = malloc(24)\n", "shadow.refusal", 1,
       "b1 = malloc(24)", "", "a block of 24 bytes", nothing_refused},
      {"refused_calloc", Lie::refusal, 0, "b0 = calloc(3, 8)\n", "shadow.refusal", 0, "b0 = calloc(3, 8)", "",
       "a block of 24 bytes", nothing_refused},
      {"refused_realloc", Lie::refusal, 1, "b0 = malloc(24)\nb0 = realloc(b0, 25)\n", "shadow.refusal", 1,
       "b0 = realloc(b0, 25)", "", "a block of 25 bytes", nothing_refused},
      {"impossible_malloc", Lie::grants_the_impossible, 0, "malloc 0 0x8000000000000000\n", "shadow.refusal",
       0, "b0 = malloc(PTRDIFF_MAX + 1)", "byte 0 of its memory",
       "NULL for 9223372036854775808 bytes, over PTRDIFF_MAX", "a block"},
      {"impossible_calloc", Lie::grants_the_impossible, 0, "calloc 0 0xFFFFFFFF 0x100000002\n",
       "shadow.refusal", 0, "b0 = calloc(4294967295, 4294967298)", "byte 0 of its memory",
       "NULL for 18446744073709551615 bytes, over PTRDIFF_MAX", "a block"},
      {"impossible_realloc", Lie::grants_the_impossible, 1, "b0 = malloc(8)\nrealloc 0 0xFFFFFFFFFFFFFFFF\n",
       "shadow.refusal", 1, "b0 = realloc(b0, SIZE_MAX)", "byte 16 of its memory",
       "NULL for 18446744073709551615 bytes, over PTRDIFF_MAX", "a block"},
      {"keeps_pool", Lie::keeps_pool, 0, "b0 = malloc(8)\n", "drain.pools", 1, "drain", "", "no pool in use",
       "2"},
      {"keeps_arena", Lie::keeps_arena, 0, "b0 = malloc(8)\n", "drain.arenas", 1, "drain", "",
       "at most 1 arenas kept", "3"},
      {"keeps_raw_block", Lie::keeps_raw_block, 0, "b0 = malloc(8)\n", "drain.raw-blocks", 1, "drain", "",
       "no block of the raw allocator left", "4"},
      {"teardown", Lie::teardown, 0, "b0 = malloc(8)\n", "teardown", 1, "teardown", "",
       "everything given back", "1 arenas not released"},
      {"invariant_at_once", Lie::invariant, 1, "b0 = malloc(8)\nfree(b0)\nb0 = malloc(8)\n",
       "invariant.pool.ref-count", 1, "free(b0)", "arena 0, pool 3", "2", "3", 1},
      {"invariant_at_the_end", Lie::invariant, 1, "b0 = malloc(8)\nfree(b0)\nb0 = malloc(8)\n",
       "invariant.pool.ref-count", 3, "last check", "arena 0, pool 3", "2", "3"},
      {"invariant_in_the_drain", Lie::invariant, 2, "b0 = malloc(8)\nb1 = malloc(8)\n",
       "invariant.pool.ref-count", 2, "drain", "arena 0, pool 3", "2", "3"},
  };
}

class Accusation : public testing::TestWithParam<Case> {};

TEST_P(Accusation, IsThatOfTheRightOracleAtTheRightStepInTheRightWords) {
  const Case& lie = GetParam();
  LyingSubject subject(lie.lie, lie.call);
  const Verdict verdict = run(trace_of(lie.program), subject, checked_every(lie.check_every));
  ASSERT_TRUE(verdict.finding) << lie.program;
  EXPECT_EQ(verdict.finding->oracle, lie.oracle);
  EXPECT_EQ(verdict.finding->operation_index, lie.index);
  EXPECT_EQ(verdict.finding->operation, lie.operation);
  EXPECT_EQ(verdict.finding->where, lie.where);
  EXPECT_EQ(verdict.finding->expected, lie.expected);
  EXPECT_EQ(verdict.finding->found, with_addresses(lie.found, subject));
}

TEST_P(Accusation, IsOfTheLieAndNotOfTheProgram) {
  LyingSubject honest;
  const Verdict verdict = run(trace_of(GetParam().program), honest, checked_every(1));
  EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding);
}

INSTANTIATE_TEST_SUITE_P(OfEachLie, Accusation, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(ShadowHeap, WithoutContentsAccusesOfAddressesOnly) {
  RunOptions options = checked_every(1);
  options.contents = false;
  const auto accused_of = [&options](Lie lie, std::uint64_t call) {
    LyingSubject subject(lie, call);
    const Verdict verdict = run(
        trace_of("b0 = malloc(64)\nb1 = calloc(4, 8)\nb1 = realloc(b1, 40)\nfree(b0)\n"), subject, options);
    return verdict.finding ? verdict.finding->oracle : "nothing";
  };
  EXPECT_EQ(accused_of(Lie::scribble, 1), "nothing");
  EXPECT_EQ(accused_of(Lie::calloc_dirty, 1), "nothing");
  EXPECT_EQ(accused_of(Lie::realloc_loses_first, 2), "nothing");
  EXPECT_EQ(accused_of(Lie::failed_realloc_writes, 2), "nothing");
  EXPECT_EQ(accused_of(Lie::misaligned, 1), "shadow.alignment");
  EXPECT_EQ(accused_of(Lie::inside_another, 2), "shadow.disjoint");
  EXPECT_EQ(accused_of(Lie::outside, 0), "shadow.owned-memory");
}

TEST(ShadowHeap, CountsTheBlocksAndBytesThatAreLive) {
  LyingSubject subject;
  ShadowHeap shadow(subject, ShadowOptions{});
  ShadowBlock first;
  ShadowBlock second;
  ASSERT_FALSE(shadow.allocated(first, subject.malloc(24), 24, false));
  ASSERT_FALSE(shadow.allocated(second, subject.malloc(0), 0, false));
  EXPECT_EQ(shadow.live_blocks(), 2U);
  EXPECT_EQ(shadow.live_bytes(), 24U);
  ASSERT_FALSE(shadow.reallocated(first, subject.realloc(first.address, 100), 100));
  EXPECT_EQ(first.size, 100U);
  EXPECT_EQ(shadow.live_bytes(), 100U);
  // A refused one changes nothing.
  ASSERT_FALSE(shadow.reallocated(first, nullptr, 200));
  EXPECT_EQ(first.size, 100U);
  ASSERT_FALSE(shadow.freed(first));
  EXPECT_EQ(first.address, nullptr);
  EXPECT_EQ(shadow.live_blocks(), 1U);
  EXPECT_EQ(shadow.live_bytes(), 0U);
}

TEST(ShadowHeap, TakesABlockOfNoBytesForOneWithAnAddressOfItsOwn) {
  LyingSubject subject;
  ShadowHeap shadow(subject, ShadowOptions{});
  void* const address = subject.malloc(16);
  ShadowBlock first;
  ShadowBlock second;
  ASSERT_FALSE(shadow.allocated(first, address, 0, false));
  const auto complaint = shadow.allocated(second, address, 0, false);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->oracle, "shadow.disjoint");
}

}  // namespace
}  // namespace poolhammer
