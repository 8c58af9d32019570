#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// The rules of pools: which block comes next, and which list a pool is in.
template <class L>
class HeapPools : public ::testing::Test {};
TYPED_TEST_SUITE(HeapPools, AllLayouts, LayoutNames);

TYPED_TEST(HeapPools, AnEmptyUsedListIsAHeadThatPointsAtItself) {
  TestHeap<TypeParam> t;
  const auto expect_empty = [&t](std::uint32_t size_class) {
    const PoolHeader* const head = &t.state().usedpools[size_class];
    EXPECT_EQ(head->nextpool, head) << "class " << size_class;
    EXPECT_EQ(head->prevpool, head) << "class " << size_class;
  };
  for (std::uint32_t size_class = 0; size_class < t.classes; ++size_class) expect_empty(size_class);
  t.heap.free(t.take(0));
  expect_empty(0);
  t.give(t.take_pool(1));
  expect_empty(1);
}

TYPED_TEST(HeapPools, BlocksStartRightBehindTheHeaderOfTheirPool) {
  TestHeap<TypeParam> t;
  for (std::uint32_t size_class = 0; size_class < t.classes; ++size_class) {
    const std::byte* const block = t.take(size_class);
    EXPECT_EQ(t.offset(block), t.overhead) << "class " << size_class;
    EXPECT_EQ(address_of(t.pool(block)) + t.overhead, address_of(block)) << "class " << size_class;
  }
}

TYPED_TEST(HeapPools, ANewPoolCarvesTwoBlocksTheFirstForTheCallerTheSecondForTheFreeList) {
  for (std::uint32_t size_class = 0; size_class < Geometry<TypeParam>::classes; ++size_class) {
    TestHeap<TypeParam> t;
    const std::byte* const block = t.take(size_class);
    const PoolHeader* const pool = t.pool(block);
    const std::uint32_t size = t.block_size(size_class);
    EXPECT_EQ(peek(pool->ref_count), 1U);
    EXPECT_EQ(peek(pool->szidx), size_class);
    EXPECT_EQ(peek(pool->nextoffset), t.overhead + 2 * size);
    EXPECT_EQ(peek(pool->maxnextoffset), TypeParam::pool_size - size);
    EXPECT_THAT(t.free_list(pool), ElementsAre(block + size));
    EXPECT_THAT(t.used_list(size_class), ElementsAre(pool));
  }
}

TYPED_TEST(HeapPools, OneMoreBlockIsCarvedOnlyWhenTheFreeListRunsOut) {
  TestHeap<TypeParam> t;
  const std::uint32_t size = t.block_size(0);
  std::byte* const first = t.take(0);
  const PoolHeader* const pool = t.pool(first);
  const std::byte* const second = t.take(0);
  EXPECT_EQ(peek(pool->nextoffset), t.overhead + 3 * size);
  EXPECT_THAT(t.free_list(pool), ElementsAre(second + size));

  t.heap.free(first);
  EXPECT_EQ(t.take(0), first);
  EXPECT_EQ(peek(pool->nextoffset), t.overhead + 3 * size) << "the free list had not run out";
  EXPECT_EQ(t.take(0), second + size);
  EXPECT_EQ(peek(pool->nextoffset), t.overhead + 4 * size);
}

TYPED_TEST(HeapPools, AFreshPoolGivesItsWholeCapacityAscending) {
  for (std::uint32_t size_class = 0; size_class < Geometry<TypeParam>::classes; ++size_class) {
    TestHeap<TypeParam> t;
    const auto blocks = t.take_pool(size_class);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      ASSERT_EQ(blocks[i], blocks[0] + i * t.block_size(size_class)) << "class " << size_class;
    }
    const std::byte* const next = t.take(size_class);
    EXPECT_NE(t.pool(next), t.pool(blocks[0])) << "class " << size_class;
  }
}

TYPED_TEST(HeapPools, CarvedBlocksAreThoseInUseAndThoseInTheFreeListAtEveryStep) {
  TestHeap<TypeParam> t;
  const auto expect_sum = [&t](const PoolHeader* pool) {
    const std::uint32_t carved = (peek(pool->nextoffset) - t.overhead) / t.block_size(1);
    EXPECT_EQ(carved, peek(pool->ref_count) + t.free_list(pool).size());
  };
  std::vector<std::byte*> blocks;
  for (std::uint32_t i = 0; i < t.capacity(1); ++i) {
    blocks.push_back(t.take(1));
    expect_sum(t.pool(blocks[0]));
  }
  for (std::byte* const block : blocks) {
    if (block == blocks[0]) continue;
    t.heap.free(block);
    expect_sum(t.pool(blocks[0]));
  }
}

TYPED_TEST(HeapPools, BlocksAreLastInFirstOutInsideAPool) {
  TestHeap<TypeParam> t;
  const auto blocks = t.take_pool(0);
  for (const std::size_t i : {1U, 4U, 2U, 0U}) t.heap.free(blocks[i]);
  for (const std::size_t i : {0U, 2U, 4U, 1U}) EXPECT_EQ(t.take(0), blocks[i]);
}

TYPED_TEST(HeapPools, AFullPoolIsInNoListAndHasNoFreeBlock) {
  for (std::uint32_t size_class = 0; size_class < Geometry<TypeParam>::classes; ++size_class) {
    TestHeap<TypeParam> t;
    const auto blocks = t.take_pool(size_class);
    EXPECT_THAT(t.used_list(size_class), IsEmpty());
    EXPECT_THAT(t.freepools(0), IsEmpty());
    EXPECT_EQ(peek(t.pool(blocks[0])->freeblock), nullptr);
    EXPECT_EQ(peek(t.pool(blocks[0])->ref_count), t.capacity(size_class));
  }
}

TYPED_TEST(HeapPools, AFullPoolThatGetsABlockBackGoesToTheFrontOfItsList) {
  TestHeap<TypeParam> t;
  const auto a = t.take_pool(1);
  const auto b = t.take_pool(1);
  const std::byte* const c = t.take(1);
  EXPECT_THAT(t.used_list(1), ElementsAre(t.pool(c)));
  t.heap.free(a[1]);
  EXPECT_THAT(t.used_list(1), ElementsAre(t.pool(a[0]), t.pool(c)));
  t.heap.free(b[0]);
  EXPECT_THAT(t.used_list(1), ElementsAre(t.pool(b[0]), t.pool(a[0]), t.pool(c)));
  EXPECT_EQ(t.take(1), b[0]);
  EXPECT_EQ(t.take(1), a[1]);
  EXPECT_THAT(t.used_list(1), ElementsAre(t.pool(c))) << "both are full again";
}

TYPED_TEST(HeapPools, AUsedPoolKeepsItsPlaceWhenABlockOfItIsFreed) {
  TestHeap<TypeParam> t;
  const auto a = t.take_pool(0);
  const auto b = t.take(0, 2);
  t.heap.free(a[0]);
  t.heap.free(b[0]);
  EXPECT_THAT(t.used_list(0), ElementsAre(t.pool(a[0]), t.pool(b[0])));
}

TYPED_TEST(HeapPools, ABlockComesFromTheFirstPoolOfTheListAlthoughAnotherHasRoom) {
  TestHeap<TypeParam> t;
  const auto a = t.take_pool(0);
  const auto b = t.take(0, 2);
  t.heap.free(a[3]);
  EXPECT_EQ(t.take(0), a[3]);
  EXPECT_EQ(t.take(0), b[1] + t.block_size(0));
}

TYPED_TEST(HeapPools, AnEmptyPoolIsPushedOnTheFrontOfFreepoolsAndTakenFromThere) {
  TestHeap<TypeParam> t;
  std::byte* const a = t.take(0);
  std::byte* const b = t.take(1);
  (void)t.take(2);
  t.heap.free(a);
  EXPECT_THAT(t.freepools(0), ElementsAre(t.pool(a)));
  t.heap.free(b);
  EXPECT_THAT(t.freepools(0), ElementsAre(t.pool(b), t.pool(a)));
  const std::byte* const fresh = t.arena(0).pool_address;
  EXPECT_EQ(t.take(0), b) << "the pool emptied last serves first, whatever class it had";
  EXPECT_EQ(t.take(1), a);
  EXPECT_EQ(t.arena(0).pool_address, fresh) << "no fresh pool while freepools holds one";
  EXPECT_THAT(t.freepools(0), IsEmpty());
}

TYPED_TEST(HeapPools, AFreshPoolIsCarvedAtPoolAddressOnlyWhenFreepoolsIsEmpty) {
  TestHeap<TypeParam> t;
  const std::byte* const a = t.take(0);
  const std::byte* const next = t.arena(0).pool_address;
  EXPECT_EQ(address_of(next), address_of(t.pool(a)) + TypeParam::pool_size);
  EXPECT_EQ(address_of(t.pool(t.take(1))), address_of(next));
  EXPECT_EQ(t.arena(0).pool_address, next + TypeParam::pool_size);
}

TYPED_TEST(HeapPools, AnEmptyPoolKeepsItsClassItsOffsetsAndItsFreeList) {
  TestHeap<TypeParam> t;
  (void)t.take(2);
  const auto blocks = t.take(0, 3);
  const PoolHeader* const pool = t.pool(blocks[0]);
  const std::uint32_t offset = peek(pool->nextoffset);
  const std::byte* const carved_last = t.free_list(pool).front();
  for (const std::size_t i : {1U, 0U, 2U}) t.heap.free(blocks[i]);
  EXPECT_THAT(t.freepools(0), ElementsAre(pool));
  EXPECT_EQ(peek(pool->ref_count), 0U);
  EXPECT_EQ(peek(pool->szidx), 0U);
  EXPECT_EQ(peek(pool->nextoffset), offset);
  EXPECT_THAT(t.free_list(pool), ElementsAre(blocks[2], blocks[0], blocks[1], carved_last));
}

TYPED_TEST(HeapPools, ReuseByTheSameClassTakesTheOldFreeListOver) {
  TestHeap<TypeParam> t;
  (void)t.take(2);
  const auto blocks = t.take(0, 3);
  const PoolHeader* const pool = t.pool(blocks[0]);
  const std::byte* const carved_last = t.free_list(pool).front();
  for (const std::size_t i : {1U, 0U, 2U}) t.heap.free(blocks[i]);
  const std::uint32_t offset = peek(pool->nextoffset);
  EXPECT_EQ(t.take(0), blocks[2]);
  EXPECT_EQ(peek(pool->ref_count), 1U);
  EXPECT_EQ(peek(pool->nextoffset), offset) << "nothing is carved while the old list lasts";
  EXPECT_EQ(t.take(0), blocks[0]);
  EXPECT_EQ(t.take(0), blocks[1]);
  EXPECT_EQ(t.take(0), carved_last);
  EXPECT_EQ(t.state().pool_events[0].taken_over, 1U);
}

TYPED_TEST(HeapPools, ReuseOfAPoolThatWasFullTakesAllItsBlocksOver) {
  for (std::uint32_t size_class = 1; size_class < Geometry<TypeParam>::classes; ++size_class) {
    TestHeap<TypeParam> t;
    (void)t.take(0);
    const auto blocks = t.take_pool(size_class);
    t.give(blocks);
    const auto again = t.take_pool(size_class);
    EXPECT_TRUE(std::equal(blocks.rbegin(), blocks.rend(), again.begin(), again.end()));
    EXPECT_THAT(t.used_list(size_class), IsEmpty());
    EXPECT_EQ(t.violation(), "");
  }
}

TYPED_TEST(HeapPools, ReuseByAnotherClassInitialisesThePoolAnew) {
  TestHeap<TypeParam> t;
  (void)t.take(2);
  const auto blocks = t.take_pool(0);
  t.give(blocks);
  const auto others = t.take(1, 2);
  const PoolHeader* const pool = t.pool(blocks[0]);
  ASSERT_EQ(t.pool(others[0]), pool);
  const std::uint32_t size = t.block_size(1);
  EXPECT_EQ(t.offset(others[0]), t.overhead);
  EXPECT_EQ(others[1], others[0] + size);
  EXPECT_EQ(peek(pool->szidx), 1U);
  EXPECT_EQ(peek(pool->nextoffset), t.overhead + 3 * size);
  EXPECT_EQ(peek(pool->maxnextoffset), TypeParam::pool_size - size);
  EXPECT_THAT(t.free_list(pool), ElementsAre(others[1] + size));
  EXPECT_EQ(t.state().pool_events[1].converted, 1U);
}

TYPED_TEST(HeapPools, APoolOfAnotherClassIsLeftAlone) {
  TestHeap<TypeParam> t;
  const auto zero = t.take(0, 2);
  const auto one = t.take(1, 2);
  t.heap.free(zero[0]);
  EXPECT_EQ(t.take(1), one[1] + t.block_size(1));
  EXPECT_EQ(t.take(0), zero[0]);
}

TYPED_TEST(HeapPools, EventsCountEachTransition) {
  TestHeap<TypeParam> t;
  (void)t.take(2);
  const auto blocks = t.take_pool(0);
  t.give(blocks);
  const PoolEvents& events = t.state().pool_events[0];
  EXPECT_EQ(events.fresh, 1U);
  EXPECT_EQ(events.filled, 1U);
  EXPECT_EQ(events.relinked, 1U);
  EXPECT_EQ(events.emptied, 1U);
  EXPECT_EQ(events.taken_over, 0U);
  EXPECT_EQ(events.converted, 0U);
}

}  // namespace
}  // namespace pymalloc
