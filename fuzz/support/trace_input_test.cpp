#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "fuzz/support/target.hpp"
#include "harness/run/runner.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/sizes.hpp"

namespace poolhammer::fuzz {
namespace {

constexpr std::uint64_t ptrdiff_max = std::numeric_limits<std::int64_t>::max();

TEST(MutateInput, GivesACanonicalTraceThatFitsTheBuffer) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::vector<std::byte> input = encode(generate(seed, {seed % 30, LayoutId::tiny}));
    std::vector<std::byte> buffer(input.size() + seed % 100);
    std::ranges::copy(input, buffer.begin());
    const std::size_t size = mutate_input(buffer, input.size(), seed);
    ASSERT_LE(size, buffer.size()) << "seed " << seed;
    buffer.resize(size);
    ASSERT_EQ(encode(decode(buffer)), buffer) << "seed " << seed;
  }
}

TEST(MutateInput, LeavesAlmostNothingAsItIsWithoutARoomForATrace) {
  std::vector<std::byte> buffer(15, std::byte{7});
  const std::vector<std::byte> before = buffer;
  for (unsigned seed = 0; seed < 100; ++seed) {
    EXPECT_EQ(mutate_input(buffer, 3, seed), 3U);
    EXPECT_EQ(buffer, before) << "there is no engine here to mutate bytes";
  }
}

TEST(CrossInputs, FitsTheBufferAndNowAndThenDeclines) {
  unsigned declined = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const std::vector<std::byte> first = encode(generate(seed, {seed % 30, LayoutId::tiny}));
    const std::vector<std::byte> second = encode(generate(seed + 1, {seed % 7, LayoutId::modern}));
    std::vector<std::byte> out(16 + seed % 200);
    const std::size_t size = cross_inputs(first, second, out, seed);
    ASSERT_LE(size, out.size());
    declined += size == 0 ? 1 : 0;
    if (size == 0) continue;
    out.resize(size);
    ASSERT_EQ(encode(decode(out)), out) << "seed " << seed;
  }
  EXPECT_GT(declined, 1000U);
  EXPECT_LT(declined, 2000U);
}

TEST(Confine, ShrinksExactlyTheLargeRequestsThatCouldBeGranted) {
  const Trace before = {LayoutId::classic,
                        {{OperationKind::malloc, 0, 0, largest_grantable_request},
                         {OperationKind::malloc, 1, 0, ptrdiff_max + 1},
                         {OperationKind::calloc, 2, 2, std::uint64_t{1} << 63U},
                         {OperationKind::calloc, 3, 0, ptrdiff_max},
                         {OperationKind::fail_arenas, 0, 0, 1'000'000'000'000U},
                         {OperationKind::malloc, 4, 0, largest_grantable_request + 1},
                         {OperationKind::realloc, 5, 0, ptrdiff_max},
                         {OperationKind::calloc, 6, 1'000'000, 1'000'000}}};
  Trace after = before;
  confine(after);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(after.operations[i], before.operations[i]) << "operation " << i;
  for (std::size_t i = 5; i < 8; ++i) {
    const Operation& operation = after.operations[i];
    EXPECT_LE(operation.size * (operation.has_count() ? operation.count : 1), largest_grantable_request);
  }
}

TEST(Confine, ClosesLargeGapsBetweenSlotsAndKeepsTheirOrder) {
  Trace trace = {LayoutId::tiny,
                 {{OperationKind::malloc, 16'000'000, 0, 1},
                  {OperationKind::malloc, 7, 0, 2},
                  {OperationKind::check, 0, 0, 0},
                  {OperationKind::realloc, 16'000'000, 0, 3},
                  {OperationKind::free, 900, 0, 0}}};
  confine(trace);
  EXPECT_EQ(trace, (Trace{LayoutId::tiny,
                          {{OperationKind::malloc, 2, 0, 1},
                           {OperationKind::malloc, 0, 0, 2},
                           {OperationKind::check, 0, 0, 0},
                           {OperationKind::realloc, 2, 0, 3},
                           {OperationKind::free, 1, 0, 0}}}));
}

TEST(Confine, KeepsFewActsThatTakeAsLongAsThousandsOfCalls) {
  const Operation call{OperationKind::malloc, 0, 0, 8};
  const Operation slow{.kind = OperationKind::crowd_forks, .count = 1, .size = 60};
  Trace trace{LayoutId::classic, {slow, call, slow, slow, call, {.kind = OperationKind::crowd}, slow}};
  confine(trace);
  EXPECT_EQ(trace.operations, (std::vector<Operation>{slow, call, slow, call}));
}

TEST(Confine, ChangesNothingTwice) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    // Any bytes, so that slots and sizes are anywhere.
    Random random(seed);
    std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(800)));
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    Trace once = decode(bytes);
    confine(once);
    Trace twice = once;
    confine(twice);
    ASSERT_EQ(once, twice) << "seed " << seed;
    ASSERT_EQ(decode(encode(once)), once) << "seed " << seed;
  }
}

}  // namespace
}  // namespace poolhammer::fuzz
