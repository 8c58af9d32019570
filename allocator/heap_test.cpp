#include "allocator/heap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
constexpr std::size_t max_request = std::numeric_limits<std::ptrdiff_t>::max();

Totals totals(std::uint64_t blocks, std::uint64_t bytes, std::uint64_t pools, std::uint64_t arenas) {
  Totals result;
  result.blocks = blocks;
  result.bytes = bytes;
  result.pools = pools;
  result.arenas = arenas;
  return result;
}

/// What a client sees of malloc, calloc and free.
template <class L>
class HeapRequests : public ::testing::Test {};
TYPED_TEST_SUITE(HeapRequests, AllLayouts, LayoutNames);

TYPED_TEST(HeapRequests, EverySizeUpToTheThresholdGetsAnAlignedPoolBlockOfItsClass) {
  TestHeap<TypeParam> t;
  for (std::size_t size = 1; size <= TypeParam::small_request_threshold; ++size) {
    void* const block = t.heap.malloc(size);
    ASSERT_NE(block, nullptr) << size;
    EXPECT_TRUE(t.heap.owns(block)) << size;
    EXPECT_EQ(address_of(block) % TypeParam::alignment, 0U) << size;
    EXPECT_EQ(t.heap.usable_size(block), t.block_size(t.class_of(size))) << size;
    t.heap.free(block);
  }
}

TYPED_TEST(HeapRequests, OneByteOverTheThresholdComesFromTheRawAllocator) {
  TestHeap<TypeParam> t;
  void* const block = t.heap.malloc(TypeParam::small_request_threshold + 1);
  EXPECT_FALSE(t.heap.owns(block));
  EXPECT_TRUE(t.raw.holds(address_of(block), TypeParam::small_request_threshold + 1));
  EXPECT_EQ(t.raw.live(), 1U) << "no table is built for it";
  t.heap.free(block);
  EXPECT_EQ(t.raw.live(), 0U);
}

TYPED_TEST(HeapRequests, SizeZeroGivesDistinctBlocksAndNeverNull) {
  TestHeap<TypeParam> t;
  std::set<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.insert(t.heap.malloc(0));
  EXPECT_EQ(blocks.size(), 100U);
  EXPECT_EQ(blocks.count(nullptr), 0U);
  for (void* const block : blocks) t.heap.free(block);
  EXPECT_EQ(t.raw.live(), 0U);
  EXPECT_EQ(t.raw.wrong_frees(), 0U);
}

TYPED_TEST(HeapRequests, SizesOverPtrdiffMaxGiveNullAndAskNobody) {
  TestHeap<TypeParam> t;
  for (const std::size_t size : {max_request + 1, max_request + 4096, most - 1, most}) {
    EXPECT_EQ(t.heap.malloc(size), nullptr) << size;
    EXPECT_EQ(t.heap.calloc(1, size), nullptr) << size;
    EXPECT_EQ(t.heap.calloc(size, 1), nullptr) << size;
    EXPECT_EQ(t.heap.realloc(nullptr, size), nullptr) << size;
  }
  EXPECT_EQ(t.raw.refused(), 0U);
  EXPECT_EQ(t.heap.malloc(max_request), nullptr);
  EXPECT_EQ(t.raw.refused(), 1U) << "the largest request of all is the raw allocator's to refuse";
}

TYPED_TEST(HeapRequests, ReallocOverPtrdiffMaxGivesNullAndLeavesTheBlock) {
  TestHeap<TypeParam> t;
  for (const std::size_t size : {std::size_t{20}, TypeParam::small_request_threshold + 20}) {
    auto* const block = static_cast<char*>(t.heap.malloc(size));
    std::memset(block, 7, size);
    EXPECT_EQ(t.heap.realloc(block, max_request + 1), nullptr);
    EXPECT_EQ(t.heap.realloc(block, most), nullptr);
    EXPECT_EQ(std::count(block, block + size, 7), static_cast<std::ptrdiff_t>(size));
    t.heap.free(block);
  }
  EXPECT_EQ(t.raw.refused(), 0U);
}

TYPED_TEST(HeapRequests, FreeOfNullDoesNothing) {
  TestHeap<TypeParam> t;
  t.heap.free(nullptr);
  EXPECT_EQ(t.state().maxarenas, 0U);
  EXPECT_EQ(t.raw.wrong_frees(), 0U);
}

TYPED_TEST(HeapRequests, CallocZeroesABlockThatWasWrittenAndFreed) {
  TestHeap<TypeParam> t;
  for (std::size_t size = 1; size <= TypeParam::small_request_threshold + 8; ++size) {
    auto* const dirty = static_cast<char*>(t.heap.malloc(size));
    std::memset(dirty, client_byte, size);
    t.heap.free(dirty);
    auto* const block = static_cast<char*>(t.heap.calloc(1, size));
    ASSERT_EQ(block, dirty) << "the block must be a recycled one for the test to mean anything";
    EXPECT_EQ(std::count(block, block + size, 0), static_cast<std::ptrdiff_t>(size)) << size;
    t.heap.free(block);
  }
}

TYPED_TEST(HeapRequests, CallocGuardsTheProductAgainstOverflow) {
  TestHeap<TypeParam> t;
  const std::size_t half = std::size_t{1} << 32U;
  EXPECT_EQ(t.heap.calloc(half, half), nullptr) << "the product wraps to 0";
  EXPECT_EQ(t.heap.calloc(half, half + 1), nullptr) << "the product wraps to a small size";
  EXPECT_EQ(t.heap.calloc(half + 1, half), nullptr);
  EXPECT_EQ(t.heap.calloc(most, 2), nullptr);
  EXPECT_EQ(t.heap.calloc(2, most / 2 + 1), nullptr);
  EXPECT_EQ(t.heap.calloc(most, most), nullptr);
  EXPECT_EQ(t.heap.calloc(half, half / 2), nullptr) << "2^63 does not overflow, but is over PTRDIFF_MAX";
  EXPECT_EQ(t.raw.refused(), 0U) << "all that was answered without asking";
  EXPECT_EQ(t.heap.calloc(half - 1, half / 2), nullptr);
  EXPECT_EQ(t.raw.refused(), 1U) << "2^63 - 2^31 is a request";
}

TYPED_TEST(HeapRequests, CallocOfNothingGivesABlock) {
  TestHeap<TypeParam> t;
  for (const auto& [count, size] :
       {std::pair{std::size_t{0}, std::size_t{0}}, {0, 8}, {8, 0}, {most, 0}, {0, most}}) {
    void* const block = t.heap.calloc(count, size);
    EXPECT_NE(block, nullptr) << count << " x " << size;
    t.heap.free(block);
  }
  EXPECT_EQ(t.raw.live(), 0U);
}

TYPED_TEST(HeapRequests, CallocTakesTheClassOfTheProduct) {
  TestHeap<TypeParam> t;
  void* const block = t.heap.calloc(5, 13);
  EXPECT_EQ(t.heap.usable_size(block), t.block_size(t.class_of(65)));
  EXPECT_TRUE(t.heap.owns(block));
  void* const edge = t.heap.calloc(TypeParam::small_request_threshold / 8, 8);
  EXPECT_TRUE(t.heap.owns(edge));
}

TYPED_TEST(HeapRequests, UsableSizeIsTheBlocksAndTheRawAllocatorsAndZeroForNull) {
  TestHeap<TypeParam> t;
  EXPECT_EQ(t.heap.usable_size(nullptr), 0U);
  EXPECT_EQ(t.heap.usable_size(t.heap.malloc(1)), TypeParam::alignment);
  void* const raw = t.heap.malloc(TypeParam::small_request_threshold + 9);
  EXPECT_EQ(t.heap.usable_size(raw), t.raw.usable_size(raw));
  t.heap.free(raw);
}

TYPED_TEST(HeapRequests, TotalsFollowEveryStep) {
  TestHeap<TypeParam> t;
  EXPECT_EQ(t.state().totals, Totals{});
  std::byte* const a = t.take(0);
  const std::uint64_t size = t.block_size(0);
  EXPECT_EQ(t.state().totals, totals(1, size, 1, 1));
  std::byte* const b = t.take(1);
  EXPECT_EQ(t.state().totals, totals(2, 3 * size, 2, 1));
  void* const raw = t.heap.malloc(TypeParam::small_request_threshold + 1);
  EXPECT_EQ(t.state().totals.blocks, 2U) << "blocks of the raw allocator are not counted";
  t.heap.free(raw);
  t.heap.free(a);
  EXPECT_EQ(t.state().totals, totals(1, 2 * size, 1, 1));
  t.heap.free(b);
  EXPECT_EQ(t.state().totals, totals(0, 0, 0, TypeParam::keeps_last_arena ? 1U : 0U));
}

TYPED_TEST(HeapRequests, TwoHeapsOnOneRawAllocatorDoNotTouchEachOther) {
  TestHeap<TypeParam> t;
  Region region(1);
  RegionArenaSource source(region, TypeParam::arena_size, TypeParam::pool_size);
  Heap<TypeParam, RegionArenaSource, RegionRaw> other(source, t.raw);
  void* const mine = t.heap.malloc(1);
  void* const theirs = other.malloc(1);
  EXPECT_FALSE(t.heap.owns(theirs));
  EXPECT_FALSE(other.owns(mine));
  other.free(theirs);
  EXPECT_EQ(t.state().totals.blocks, 1U);
  EXPECT_EQ(t.violation(), "");
  t.heap.free(mine);
}

}  // namespace
}  // namespace pymalloc
