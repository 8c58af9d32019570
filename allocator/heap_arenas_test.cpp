#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

using ::testing::IsEmpty;

/// When arenas are requested, in which order they serve, and when they are released.
template <class L>
class HeapArenas : public ::testing::Test {};
TYPED_TEST_SUITE(HeapArenas, AllLayouts, LayoutNames);

/// The indices of the usable arenas from the first on.
template <Layout L>
std::vector<std::uint32_t> usable(const TestHeap<L>& t) {
  std::vector<std::uint32_t> indices;
  for (const ArenaObject* a = t.state().usable_arenas; a != nullptr; a = a->nextarena)
    indices.push_back(static_cast<std::uint32_t>(a - t.state().arenas));
  return indices;
}

/// Frees all blocks of the first `pools` pools of a filled arena.
template <Layout L>
void empty_pools(TestHeap<L>& t, const std::vector<std::byte*>& blocks, std::size_t pools) {
  for (std::size_t i = 0; i < pools * t.capacity(t.largest_class); ++i) t.heap.free(blocks[i]);
}

TYPED_TEST(HeapArenas, AHeapThatServedNothingHoldsNothing) {
  TestHeap<TypeParam> t;
  EXPECT_EQ(t.source.live(), 0U);
  EXPECT_EQ(t.raw.live(), 0U);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, AnArenaIsRequestedOnlyWhenNoPoolIsFree) {
  TestHeap<TypeParam> t;
  const auto blocks = t.take_arena();
  EXPECT_EQ(blocks.size(), t.pools_per_arena * t.capacity(t.largest_class));
  EXPECT_EQ(t.source.live(), 1U);
  EXPECT_THAT(usable(t), IsEmpty());
  (void)t.take(0);
  EXPECT_EQ(t.source.live(), 2U);
}

TYPED_TEST(HeapArenas, AMisalignedArenaLosesOnePoolAndStartsAtThePoolBoundaryBehindItsAddress) {
  TestHeap<TypeParam> t;
  t.source.place(Placement::misaligned);
  for (std::uint32_t i = 0; i < 2; ++i) {  // the third lies on a pool boundary
    const auto blocks = t.take_arena();
    const ArenaObject& arena = t.arena(i);
    EXPECT_NE(arena.address % TypeParam::pool_size, 0U);
    EXPECT_EQ(arena.ntotalpools, t.pools_per_arena - 1);
    EXPECT_EQ(blocks.size(), arena.ntotalpools * t.capacity(t.largest_class));
    const std::uintptr_t first = address_of(t.pool(blocks[0]));
    EXPECT_LT(first - arena.address, TypeParam::pool_size);
    EXPECT_LE(address_of(blocks.back()) + t.largest_size, arena.address + TypeParam::arena_size);
  }
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, APoolIsTakenFromTheArenaWithTheFewestFreePools) {
  TestHeap<TypeParam> t;
  const auto a = t.take_arena();
  const auto b = t.take_arena();
  empty_pools(t, a, 2);
  empty_pools(t, b, 1);
  EXPECT_THAT(usable(t), ::testing::ElementsAre(1, 0));
  EXPECT_EQ(t.pool(t.take(0)), t.pool(b[0]));
  EXPECT_THAT(usable(t), ::testing::ElementsAre(0)) << "an arena with no free pool is unlisted";
}

TYPED_TEST(HeapArenas, AnArenaThatGainsAPoolBecomesTheFirstAmongItsEquals) {
  TestHeap<TypeParam> t;
  std::array<std::vector<std::byte*>, 3> blocks;
  for (auto& arena : blocks) arena = t.take_arena();
  for (const auto& arena : blocks) empty_pools(t, arena, 1);
  EXPECT_THAT(usable(t), ::testing::ElementsAre(2, 1, 0));
  const std::size_t capacity = t.capacity(t.largest_class);
  const auto empty_second_pool = [&](std::size_t arena) {
    for (std::size_t i = capacity; i < 2 * capacity; ++i) t.heap.free(blocks[arena][i]);
  };
  empty_second_pool(2);
  EXPECT_THAT(usable(t), ::testing::ElementsAre(1, 0, 2));
  empty_second_pool(0);
  EXPECT_THAT(usable(t), ::testing::ElementsAre(1, 0, 2)) << "first of those with two";
  empty_second_pool(1);
  EXPECT_THAT(usable(t), ::testing::ElementsAre(1, 0, 2));
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, TheLastArenaIsKeptOrReleasedAtOnceByTheLayoutsPolicy) {
  TestHeap<TypeParam> t;
  t.heap.free(t.take(0));
  EXPECT_EQ(t.source.live(), TypeParam::keeps_last_arena ? 1U : 0U);
  EXPECT_EQ(t.state().arena_events.kept, TypeParam::keeps_last_arena ? 1U : 0U);
  EXPECT_EQ(t.violation(), "");
  (void)t.take(0);
  EXPECT_EQ(t.state().arena_events.requested, TypeParam::keeps_last_arena ? 1U : 2U);
}

TYPED_TEST(HeapArenas, AnArenaThatIsNotTheLastOfTheListIsReleasedAtOnce) {
  TestHeap<TypeParam> t;
  const auto a = t.take_arena();
  const auto b = t.take_arena();
  empty_pools(t, b, t.pools_per_arena - 1);  // b: one pool in use, the rest free, last of the list
  t.give(a);
  EXPECT_EQ(t.source.live(), 1U) << "a became wholly free in front of b";
  EXPECT_EQ(t.arena(0).address, 0U);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, WithAKeptArenaTheNextToBecomeFreeIsReleased) {
  TestHeap<TypeParam> t;
  const auto a = t.take_arena();
  const auto b = t.take_arena();
  t.give(a);
  EXPECT_EQ(t.source.live(), TypeParam::keeps_last_arena ? 2U : 1U) << "the only usable one is the last";
  t.give(b);
  EXPECT_EQ(t.source.live(), TypeParam::keeps_last_arena ? 1U : 0U);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, AtRestAtMostOneArenaIsFreeHoweverItsBlocksAreFreed) {
  for (const std::size_t stride : {1U, 7U, 31U}) {
    TestHeap<TypeParam> t;
    std::vector<std::byte*> blocks;
    for (const Placement placement : {Placement::up, Placement::misaligned, Placement::down}) {
      t.source.place(placement);
      const auto arena = t.take_arena();
      blocks.insert(blocks.end(), arena.begin(), arena.end());
    }
    for (std::size_t start = 0; start < stride; ++start) {
      for (std::size_t i = start; i < blocks.size(); i += stride) t.heap.free(blocks[i]);
    }
    EXPECT_EQ(t.source.live(), TypeParam::keeps_last_arena ? 1U : 0U) << "stride " << stride;
    EXPECT_EQ(t.violation(), "") << "stride " << stride;
  }
}

TYPED_TEST(HeapArenas, TheTableStartsAtItsInitialLengthAndDoublesOnlyWhenNoObjectIsUnused) {
  TestHeap<TypeParam> t;
  EXPECT_EQ(t.state().maxarenas, 0U);
  const std::uint32_t initial = TypeParam::initial_arena_objects;
  EXPECT_EQ(initial, TypeParam::arena_size < 4096 ? 2U : 16U);
  std::vector<std::byte*> first;
  for (std::uint32_t i = 0; i < initial; ++i) {
    const auto blocks = t.take_arena();
    if (i == 0) first = blocks;
    EXPECT_EQ(t.state().maxarenas, initial) << i;
  }
  EXPECT_EQ(t.state().unused_arena_objects, nullptr);
  const auto more = t.take_arena();
  EXPECT_EQ(t.state().maxarenas, 2 * initial);
  EXPECT_EQ(t.state().arena_events.table_grown, 2U);
  EXPECT_EQ(peek(t.pool(more[0])->arenaindex), initial);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapArenas, AReleasedObjectIsUsedAgainBeforeAFreshOne) {
  TestHeap<TypeParam> t;
  const auto a = t.take_arena();
  const auto b = t.take_arena();
  empty_pools(t, b, t.pools_per_arena - 1);
  t.give(a);
  ASSERT_EQ(t.arena(0).address, 0U);
  while (t.state().usable_arenas != nullptr) (void)t.take_pool(t.largest_class);
  const std::uint32_t length = t.state().maxarenas;
  const std::byte* const block = t.take(0);
  EXPECT_EQ(peek(t.pool(block)->arenaindex), 0U);
  EXPECT_EQ(t.state().maxarenas, length);
}

TYPED_TEST(HeapArenas, BlocksOfAllArenasSurviveTheTablesMove) {
  TestHeap<TypeParam> t;
  std::vector<std::byte*> blocks;
  while (t.state().arena_events.table_grown < 2) {
    const auto arena = t.take_arena();
    blocks.insert(blocks.end(), arena.begin(), arena.end());
  }
  EXPECT_EQ(t.violation(), "");
  t.give(blocks);
  EXPECT_EQ(t.state().totals.blocks, 0U);
  EXPECT_EQ(t.violation(), "");
}

template <class L>
class HeapArenasInConstantTime : public ::testing::Test {};
using ConstantTimeLayouts = ::testing::Types<Aligned16, Modern, Tiny>;
TYPED_TEST_SUITE(HeapArenasInConstantTime, ConstantTimeLayouts, LayoutNames);

TYPED_TEST(HeapArenasInConstantTime, Nfp2lastaIsNullAtZeroAndNamesTheRightmostOfEachNumber) {
  TestHeap<TypeParam> t;
  std::array<std::vector<std::byte*>, 3> blocks;
  for (auto& arena : blocks) arena = t.take_arena();
  empty_pools(t, blocks[0], 1);
  empty_pools(t, blocks[1], 2);
  empty_pools(t, blocks[2], 2);
  const auto& last = t.state().nfp2lasta;
  EXPECT_EQ(last[0], nullptr);
  EXPECT_EQ(last[1], &t.arena(0));
  EXPECT_EQ(last[2], &t.arena(1));
  EXPECT_EQ(last[3], nullptr);
  (void)t.take_pool(t.largest_class);
  EXPECT_EQ(last[1], nullptr) << "arena 0 is exhausted";
  (void)t.take_pool(t.largest_class);
  EXPECT_EQ(last[1], &t.arena(2)) << "the first of those with two lost one";
  EXPECT_EQ(last[2], &t.arena(1));
}

TYPED_TEST(HeapArenas, ADestroyedHeapGivesBackArenasNodesAndTableWithBlocksLive) {
  for (const Placement placement : {Placement::up, Placement::misaligned, Placement::scattered}) {
    Region region(0);
    RegionRaw raw(region);
    RegionArenaSource source(region, TypeParam::arena_size, TypeParam::pool_size);
    source.place(placement);
    {
      Heap<TypeParam, RegionArenaSource, RegionRaw> heap(source, raw);
      for (int i = 0; i < 5000; ++i) ASSERT_NE(heap.malloc(Geometry<TypeParam>::block_size(1)), nullptr);
      ASSERT_GT(source.live(), 0U);
      ASSERT_GT(raw.live(), 0U);
    }
    EXPECT_EQ(source.live(), 0U);
    EXPECT_EQ(raw.live(), 0U);
    EXPECT_EQ(source.wrong_releases(), 0U);
    EXPECT_EQ(raw.wrong_frees(), 0U);
  }
}

TYPED_TEST(HeapArenas, ADestroyedHeapLeavesBlocksOfTheRawAllocatorToTheirOwners) {
  Region region(0);
  RegionRaw raw(region);
  RegionArenaSource source(region, TypeParam::arena_size, TypeParam::pool_size);
  void* large = nullptr;
  {
    Heap<TypeParam, RegionArenaSource, RegionRaw> heap(source, raw);
    (void)heap.malloc(1);
    large = heap.malloc(TypeParam::small_request_threshold + 1);
  }
  EXPECT_EQ(raw.live(), 1U);
  EXPECT_TRUE(raw.holds(address_of(large), TypeParam::small_request_threshold + 1));
}

TYPED_TEST(HeapArenas, ArenasOfTheOperatingSystemServeAsWell) {
  OsArenaSource source;
  LibcRaw raw;
  Heap<TypeParam, OsArenaSource, LibcRaw> heap(source, raw);
  std::vector<void*> blocks;
  for (int i = 0; i < 20000; ++i) blocks.push_back(heap.malloc(1 + static_cast<std::size_t>(i) % 600));
  const auto expect_sound = [&heap] {
    const Check violation = check(heap.state());
    EXPECT_FALSE(violation) << to_string(*violation);
  };
  expect_sound();
  for (void* const block : blocks) heap.free(block);
  expect_sound();
  EXPECT_EQ(heap.state().totals.arenas, TypeParam::keeps_last_arena ? 1U : 0U);
}

}  // namespace
}  // namespace pymalloc
