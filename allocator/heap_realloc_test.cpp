#include <gtest/gtest.h>

#include <numeric>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// Writes 0, 1, 2, ... into the first `size` bytes.
void number(void* block, std::size_t size) {
  auto* const bytes = static_cast<unsigned char*>(block);
  std::iota(bytes, bytes + size, static_cast<unsigned char>(0));
}

/// How many bytes from the first on still are 0, 1, 2, ...; at most `size`.
std::size_t numbered(const void* block, std::size_t size) {
  const auto* const bytes = static_cast<const unsigned char*>(block);
  std::size_t i = 0;
  while (i < size && bytes[i] == static_cast<unsigned char>(i)) ++i;
  return i;
}

template <class L>
class HeapRealloc : public ::testing::Test {};
TYPED_TEST_SUITE(HeapRealloc, AllLayouts, LayoutNames);

TYPED_TEST(HeapRealloc, ANullBlockIsMalloc) {
  TestHeap<TypeParam> t;
  void* const block = t.heap.realloc(nullptr, 10);
  EXPECT_TRUE(t.heap.owns(block));
  void* const empty = t.heap.realloc(nullptr, 0);
  EXPECT_NE(empty, nullptr);
  t.heap.free(empty);
  t.heap.free(block);
  EXPECT_EQ(t.raw.wrong_frees(), 0U);
}

TYPED_TEST(HeapRealloc, SizeZeroGivesABlockAndFreesThePoolBlock) {
  TestHeap<TypeParam> t;
  void* const block = t.heap.malloc(10);
  void* const empty = t.heap.realloc(block, 0);
  ASSERT_NE(empty, nullptr);
  EXPECT_NE(empty, block);
  EXPECT_EQ(t.state().totals.blocks, 0U);
  void* const still = t.heap.realloc(empty, 0);
  EXPECT_NE(still, nullptr) << "of a block of the raw allocator too";
  t.heap.free(still);
}

/// Whether a block that fills its class stays where it is when it shrinks to `size`.
template <Layout L>
bool stays(std::size_t block_size, std::size_t size) {
  TestHeap<L> t;
  void* const block = t.heap.malloc(block_size);
  return t.heap.realloc(block, size) == block;
}

TYPED_TEST(HeapRealloc, ABlockThatShrinksStaysExactlyWhenMoreThanThreeQuartersOfItAreUsed) {
  TestHeap<TypeParam> t;
  for (std::uint32_t size_class = 0; size_class < t.classes; ++size_class) {
    const std::size_t block_size = t.block_size(size_class);
    void* block = t.heap.malloc(block_size);
    for (std::size_t size = 0; size <= block_size; ++size) {
      void* const after = t.heap.realloc(block, size);
      ASSERT_EQ(after == block, 4 * size > 3 * block_size) << block_size << " to " << size;
      if (after == block) continue;
      t.heap.free(after);
      block = t.heap.malloc(block_size);
    }
    t.heap.free(block);
  }
}

TYPED_TEST(HeapRealloc, OfABlockOf64Bytes49StayAnd48Move) {
  EXPECT_TRUE(stays<TypeParam>(64, 49));
  EXPECT_FALSE(stays<TypeParam>(64, 48));
}

template <class L>
class HeapReallocOfCpython : public ::testing::Test {};
using LayoutsOfCpython = ::testing::Types<Classic, Aligned16, Modern>;
TYPED_TEST_SUITE(HeapReallocOfCpython, LayoutsOfCpython, LayoutNames);

TYPED_TEST(HeapReallocOfCpython, OfABlockOf512Bytes385StayAnd384Move) {
  EXPECT_TRUE(stays<TypeParam>(512, 385));
  EXPECT_FALSE(stays<TypeParam>(512, 384));
}

TYPED_TEST(HeapRealloc, TheRuleGoesByTheBlocksSizeAndNotByWhatWasRequested) {
  TestHeap<TypeParam> t;
  void* const block = t.heap.malloc(33);  // a block of 40, 48 or 64 bytes
  const std::size_t size = t.heap.usable_size(block);
  EXPECT_EQ(t.heap.realloc(block, size), block) << "it grows into its slack";
  EXPECT_EQ(t.heap.realloc(block, 3 * size / 4 + 1), block);
  EXPECT_NE(t.heap.realloc(block, 3 * size / 4), block);
}

TYPED_TEST(HeapRealloc, ABlockThatStaysKeepsItsBytesAndTheHeapItsState) {
  TestHeap<TypeParam> t;
  const std::size_t size = t.block_size(1);
  void* const block = t.heap.malloc(size);
  number(block, size);
  const Totals before = t.state().totals;
  ASSERT_EQ(t.heap.realloc(block, size - 1), block);
  ASSERT_EQ(t.heap.realloc(block, size), block);
  EXPECT_EQ(numbered(block, size), size);
  EXPECT_EQ(t.state().totals, before);
}

TYPED_TEST(HeapRealloc, TheFirstBytesSurviveEveryMoveFromEverySizeToEverySize) {
  TestHeap<TypeParam> t;
  const std::size_t most = TypeParam::small_request_threshold + 40;
  for (std::size_t from = 1; from <= most; from += 13) {
    for (std::size_t to = 0; to <= most; to += 7) {
      void* const block = t.heap.malloc(from);
      number(block, from);
      void* const after = t.heap.realloc(block, to);
      ASSERT_NE(after, nullptr);
      const std::size_t kept = std::min(from, to);
      ASSERT_EQ(numbered(after, kept), kept) << from << " to " << to;
      t.heap.free(after);
    }
  }
  EXPECT_EQ(t.state().totals.blocks, 0U);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapRealloc, AShrinkThatMovesWritesNothingBehindTheNewBlock) {
  TestHeap<TypeParam> t;
  const std::size_t size = t.block_size(0);
  void* const place = t.heap.malloc(size);
  void* const neighbour = t.heap.malloc(size);
  number(neighbour, size);
  t.heap.free(place);
  void* const block = t.heap.malloc(t.largest_size);
  std::memset(block, client_byte, t.largest_size);
  ASSERT_EQ(t.heap.realloc(block, size), place);
  EXPECT_EQ(numbered(neighbour, size), size);
}

TYPED_TEST(HeapRealloc, ABlockThatGrowsOutOfItsClassMovesAndItsOldPlaceIsFree) {
  TestHeap<TypeParam> t;
  const std::size_t size = t.block_size(0);
  (void)t.heap.malloc(size);
  void* const block = t.heap.malloc(size);
  void* const after = t.heap.realloc(block, size + 1);
  EXPECT_EQ(t.heap.block_size_in_pool(after), t.block_size(1));
  EXPECT_EQ(t.heap.malloc(size), block);
}

TYPED_TEST(HeapRealloc, APoolBlockThatOutgrowsTheThresholdMigratesToTheRawAllocator) {
  TestHeap<TypeParam> t;
  const std::size_t size = TypeParam::small_request_threshold;
  void* const block = t.heap.malloc(size);
  number(block, size);
  void* const after = t.heap.realloc(block, size + 1);
  EXPECT_FALSE(t.heap.owns(after));
  EXPECT_TRUE(t.raw.holds(address_of(after), size + 1));
  EXPECT_EQ(numbered(after, size), size);
  EXPECT_EQ(t.state().totals.blocks, 0U);
  t.heap.free(after);
}

TYPED_TEST(HeapRealloc, ABlockOfTheRawAllocatorNeverMigratesIntoAPool) {
  TestHeap<TypeParam> t;
  void* block = t.heap.malloc(TypeParam::small_request_threshold + 100);
  number(block, TypeParam::small_request_threshold);
  for (const std::size_t size : {TypeParam::small_request_threshold, std::size_t{8}, std::size_t{1}}) {
    block = t.heap.realloc(block, size);
    EXPECT_FALSE(t.heap.owns(block)) << size;
    EXPECT_TRUE(t.raw.holds(address_of(block), size)) << size;
    EXPECT_EQ(numbered(block, size), size);
  }
  EXPECT_EQ(t.state().totals.blocks, 0U);
  t.heap.free(block);
}

TYPED_TEST(HeapRealloc, ARefusedMoveLeavesThePoolBlockAsItWas) {
  TestHeap<TypeParam> t;
  const std::size_t size = TypeParam::small_request_threshold;
  void* const block = t.heap.malloc(size);
  number(block, size);
  const Totals before = t.state().totals;
  t.raw.fail_next(1);
  EXPECT_EQ(t.heap.realloc(block, size + 1), nullptr);
  EXPECT_EQ(numbered(block, size), size);
  EXPECT_EQ(t.state().totals, before);
  EXPECT_EQ(t.violation(), "");
  t.heap.free(block);
  EXPECT_EQ(t.raw.wrong_frees(), 0U);
}

TYPED_TEST(HeapRealloc, ARefusedMoveLeavesTheRawBlockAsItWas) {
  TestHeap<TypeParam> t;
  const std::size_t size = TypeParam::small_request_threshold + 50;
  void* const block = t.heap.malloc(size);
  number(block, size);
  t.raw.fail_next(1);
  EXPECT_EQ(t.heap.realloc(block, 4 * size), nullptr);
  EXPECT_EQ(numbered(block, size), size);
  t.heap.free(block);
  EXPECT_EQ(t.raw.live(), 0U);
}

TYPED_TEST(HeapRealloc, AShrinkingBlockThatFindsNoPoolMigratesToTheRawAllocatorWithItsBytes) {
  TestHeap<TypeParam> t;
  const auto blocks = t.take_arena();
  number(blocks[0], t.largest_size);
  t.source.fail_next(1);
  void* const after = t.heap.realloc(blocks[0], 1);
  ASSERT_NE(after, nullptr);
  EXPECT_FALSE(t.heap.owns(after));
  EXPECT_EQ(numbered(after, 1), 1U);
  EXPECT_EQ(t.violation(), "");
  t.heap.free(after);
}

}  // namespace
}  // namespace pymalloc
