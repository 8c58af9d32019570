#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "harness/run/runner.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/libpython.hpp"
#include "harness/testing/with_cpython.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using pymalloc::Call;
using pymalloc::JournalEntry;

[[nodiscard]] RunOptions little_memory() {
  RunOptions options;
  options.check_every = 64;
  options.memory_limit = 1U << 20U;
  return options;
}

class CPython : public WithCPython {
 protected:
  /// What the subject asked of the world below it while it ran a program and freed what was left.
  [[nodiscard]] std::vector<JournalEntry> journal_of(const Trace& trace) {
    subject().journal()->open(true);
    const Verdict verdict = run(trace, subject());
    EXPECT_FALSE(verdict.finding) << to_string(*verdict.finding) << to_text(trace);
    const auto entries = subject().journal()->entries();
    std::vector<JournalEntry> noted(entries.begin(), entries.end());
    subject().journal()->open(false);
    return noted;
  }

  [[nodiscard]] std::uint32_t size_class_of(const void* block) {
    const auto pool =
        reinterpret_cast<std::uintptr_t>(block) & ~(std::uintptr_t{pymalloc::Modern::pool_size} - 1);
    return subject().view()->pool(pool).size_class;
  }
};

[[nodiscard]] Trace program(std::uint64_t seed) {
  return generate(seed, {.operations = 500, .layout = LayoutId::modern});
}

/// 40 arenas full of the largest class, so that the table of arenas doubles twice, then all freed.
[[nodiscard]] Trace many_arenas() {
  Trace trace{.layout = LayoutId::modern, .operations = {}};
  constexpr std::uint32_t blocks = 40 * 64 * 31;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    trace.operations.push_back({.kind = OperationKind::malloc, .slot = slot, .count = 0, .size = 512});
  return trace;
}

TEST_F(CPython, ServesSmallRequestsFromItsPoolsAndLargeOnesFromTheRawAllocator) {
  void* const small = subject().malloc(100);
  void* const large = subject().malloc(513);
  void* const nothing = subject().malloc(0);
  EXPECT_EQ(subject().block_size(small), 112U);
  EXPECT_EQ(size_class_of(small), 6U);
  EXPECT_GE(subject().block_size(large), 513U);
  EXPECT_NE(nothing, nullptr);
  EXPECT_TRUE(subject().holds(small, 112));
  EXPECT_TRUE(subject().holds(large, 513));
  EXPECT_THAT(subject().locate(small), testing::StartsWith("arena 0, pool 0, class 6, block 0, at "));
}

TEST_F(CPython, IsNeverAccused) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Trace trace = program(seed);
    const Verdict verdict = run(trace, subject(), little_memory());
    ASSERT_FALSE(verdict.finding) << "seed " << seed << ":\n" << to_string(*verdict.finding);
  }
}

TEST_F(CPython, TakesTheSameStepsAgainAfterAReset) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Trace trace = program(seed);
    const auto first = journal_of(trace);
    for (std::uint64_t other = 100; other < 103; ++other) static_cast<void>(journal_of(program(other)));
    EXPECT_EQ(journal_of(trace), first) << "seed " << seed;
  }
}

TEST_F(CPython, GivesTheSameAddressesAfterARunInWhichArenasAndNodesWereRefused) {
  const auto first_block = [&] {
    subject().reset();
    return subject().malloc(24);
  };
  void* const expected = first_block();
  for (const char* const refused :
       {"fail_arenas(1)\nb0 = malloc(24)\nb1 = malloc(24)\n", "fail_raw(1)\nb0 = malloc(24)\n",
        "place(misaligned)\nfail_raw(3)\nb0 = malloc(24)\nb1 = malloc(24)\n"}) {
    static_cast<void>(run(parse_text(std::string("poolhammer trace 2\n") + refused), subject()));
    EXPECT_EQ(first_block(), expected) << refused;
  }
}

/// All of libpython's variables, looked at from outside: what reset() does not put back would show here.
TEST_F(CPython, IsAsNewInEveryByteAfterAReset) {
  subject().reset();
  const std::span<const std::byte> variables = Libpython().variables().memory;
  const std::vector<std::byte> fresh(variables.begin(), variables.end());
  const auto expect_fresh = [&](const std::string& what) {
    subject().reset();
    EXPECT_EQ(std::memcmp(variables.data(), fresh.data(), fresh.size()), 0) << "after " << what;
  };
  static_cast<void>(run(many_arenas(), subject()));
  EXPECT_NE(std::memcmp(variables.data(), fresh.data(), fresh.size()), 0);
  expect_fresh("many arenas");
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    static_cast<void>(run(program(seed), subject(), little_memory()));
    expect_fresh("seed " + std::to_string(seed));
  }
}

TEST_F(CPython, KeepsItsLastArenaAndNothingElseOfItsClients) {
  static_cast<void>(run(many_arenas(), subject()));
  const auto remains = subject().remains();
  ASSERT_TRUE(remains);
  EXPECT_EQ(remains->used_pools, 0U);
  EXPECT_EQ(remains->arenas, 1U);
  EXPECT_EQ(remains->raw_blocks, 0U);
}

TEST_F(CPython, NotesWhatItAsksForWithTheSizesOfTheHomeHeap) {
  const auto home = make_subject("pymalloc:modern");
  std::vector<std::pair<Call, std::size_t>> calls[2];
  for (Subject* const each : {home.get(), &subject()}) {
    each->reset();
    each->journal()->open(true);
    static_cast<void>(each->malloc(0));
    static_cast<void>(each->malloc(16));
    for (const JournalEntry& entry : each->journal()->entries())
      calls[each == home.get() ? 0 : 1].emplace_back(entry.call, entry.size);
    each->journal()->open(false);
  }
  // A block of the client; the table, an arena, and a node of each level.
  EXPECT_EQ(calls[1].size(), 6U);
  EXPECT_EQ(calls[1], calls[0]);
}

TEST_F(CPython, IsThereOnceInAProcess) {
  try {
    static_cast<void>(make_subject("cpython"));
    FAIL() << "a second one was made";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "cpython: this process has one already; CPython's heap is one to a process");
  }
}

TEST(CPythonSubject, MayBeMadeAgainWhenTheFirstIsGone) {
  void* blocks[2] = {};
  for (void*& block : blocks) {
    const auto subject = make_cpython();
    if (subject == nullptr) GTEST_SKIP() << no_cpython();
    block = subject->malloc(64);
  }
  EXPECT_EQ(blocks[0], blocks[1]);
}

}  // namespace
}  // namespace poolhammer
