#include <gtest/gtest.h>

#include "allocator/digest.hpp"
#include "allocator/testing/planned_raw.hpp"
#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// What a heap does when its arena source or its raw allocator refuses.
template <class L>
class HeapFailures : public ::testing::Test {};
TYPED_TEST_SUITE(HeapFailures, AllLayouts, LayoutNames);

TYPED_TEST(HeapFailures, WithoutAnArenaTheRawAllocatorAnswers) {
  TestHeap<TypeParam> t;
  t.source.fail_next(2);
  auto* const block = static_cast<char*>(t.heap.malloc(24));
  ASSERT_NE(block, nullptr);
  EXPECT_FALSE(t.heap.owns(block));
  EXPECT_TRUE(t.raw.holds(address_of(block), 24));
  auto* const zeroed = static_cast<char*>(t.heap.calloc(3, 8));
  ASSERT_NE(zeroed, nullptr);
  EXPECT_FALSE(t.heap.owns(zeroed));
  EXPECT_EQ(std::count(zeroed, zeroed + 24, 0), 24);
  EXPECT_EQ(t.state().arena_events.refused, 2U);
  EXPECT_EQ(t.violation(), "");
  t.heap.free(block);
  t.heap.free(zeroed);
  EXPECT_EQ(t.raw.wrong_frees(), 0U);
}

TYPED_TEST(HeapFailures, WithoutAnArenaAndARawAllocatorTheAnswerIsNull) {
  TestHeap<TypeParam> t;
  (void)t.take_arena();
  t.source.fail_next(2);
  t.raw.fail_next(2);
  const Totals before = t.state().totals;
  EXPECT_EQ(t.heap.malloc(24), nullptr);
  EXPECT_EQ(t.heap.calloc(2, 12), nullptr);
  EXPECT_EQ(t.state().totals, before);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapFailures, ARefusedArenaLeavesEverythingAsItWasAndItsObjectUnused) {
  TestHeap<TypeParam> t;
  (void)t.take_arena();
  const ArenaObject* const unused = t.state().unused_arena_objects;
  const std::uint64_t before = Digest<TypeParam>::of(t.state());
  t.source.fail_next(1);
  void* const block = t.heap.malloc(24);
  EXPECT_EQ(Digest<TypeParam>::of(t.state()), before);
  EXPECT_EQ(t.state().unused_arena_objects, unused);
  EXPECT_EQ(unused->address, 0U);
  EXPECT_EQ(t.violation(), "");
  t.heap.free(block);
}

TYPED_TEST(HeapFailures, ATableThatCannotDoubleOnceMoreIsARefusal) {
  TestHeap<TypeParam> t;
  HeapState<TypeParam>& state = t.heap.mutable_state();
  const auto before = state.maxarenas;
  state.maxarenas = 1U << 31U;  // of arena objects, all in use
  void* const block = t.heap.malloc(24);
  state.maxarenas = before;
  ASSERT_NE(block, nullptr);
  EXPECT_FALSE(t.heap.owns(block));
  EXPECT_EQ(state.arena_events.refused, 1U);
  EXPECT_EQ(t.source.live(), 0U);
  t.heap.free(block);
}

TYPED_TEST(HeapFailures, AfterARefusalTheNextRequestGetsItsArena) {
  TestHeap<TypeParam> t;
  t.source.fail_next(1);
  void* const raw = t.heap.malloc(24);
  EXPECT_TRUE(t.heap.owns(t.heap.malloc(24)));
  EXPECT_EQ(t.source.live(), 1U);
  EXPECT_FALSE(t.heap.owns(raw)) << "the first block stays the raw allocator's";
  t.heap.free(raw);
  EXPECT_EQ(t.violation(), "");
}

TYPED_TEST(HeapFailures, PoolsThatHaveRoomServeWhileArenasAreRefused) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  t.source.fail_next(100);
  EXPECT_TRUE(t.heap.owns(t.heap.malloc(1)));
  EXPECT_TRUE(t.heap.owns(t.heap.malloc(t.block_size(1)))) << "a free pool is left in the arena";
  EXPECT_EQ(t.state().arena_events.refused, 0U);
}

template <Layout L>
using PlannedHeap = TestHeap<L, PlannedRaw>;

/// Refuses each request in turn that taking a new arena makes of the raw allocator, on a heap that `prepare`
/// made: nothing may change but that the raw allocator serves the block. Returns how many there are.
template <Layout L, class Prepare>
std::uint64_t refuse_each_request_of_a_new_arena(Prepare&& prepare) {
  for (std::uint64_t granted = 0;; ++granted) {
    PlannedHeap<L> t;
    prepare(t);
    const Totals before = t.state().totals;
    const std::uint64_t arenas = t.source.live();
    t.raw.refuse_after(granted);
    void* const block = t.heap.malloc(1);
    EXPECT_NE(block, nullptr);
    if (t.raw.refusal_pending()) {
      t.raw.cancel_refusal();
      EXPECT_TRUE(t.heap.owns(block));
      return granted;
    }
    EXPECT_FALSE(t.heap.owns(block)) << "request " << granted;
    EXPECT_EQ(t.state().totals, before) << "request " << granted;
    EXPECT_EQ(t.source.live(), arenas) << "request " << granted << ": the arena goes back to its source";
    EXPECT_EQ(t.source.wrong_releases(), 0U);
    EXPECT_EQ(t.violation(), "") << "request " << granted;
    void* const next = t.heap.malloc(1);
    EXPECT_TRUE(t.heap.owns(next)) << "request " << granted << ": the next try has all it needs";
    EXPECT_EQ(t.violation(), "") << "request " << granted;
    t.heap.free(next);
    t.heap.free(block);
  }
}

TYPED_TEST(HeapFailures, ARefusedTableLeavesTheHeapEmptyAndTheRawAllocatorAnswers) {
  const std::uint64_t requests = refuse_each_request_of_a_new_arena<TypeParam>([](auto&) {});
  std::uint64_t expected = 1;
  if constexpr (HeapState<TypeParam>::has_radix_map) expected += TypeParam::radix_bits.size();
  EXPECT_EQ(requests, expected) << "the table, and one node a level of the tree";
}

TYPED_TEST(HeapFailures, ARefusedDoublingLeavesTheTableAsItWas) {
  const std::uint64_t requests = refuse_each_request_of_a_new_arena<TypeParam>([](PlannedHeap<TypeParam>& t) {
    for (std::uint32_t i = 0; i < TypeParam::initial_arena_objects; ++i) (void)t.take_arena();
  });
  EXPECT_GE(requests, 1U);
}

template <class L>
class RadixFailures : public ::testing::Test {};
TYPED_TEST_SUITE(RadixFailures, RadixLayouts, LayoutNames);

TYPED_TEST(RadixFailures, ARefusedNodeOfTheFirstLeafRollsTheArenaBack) {
  const std::uint64_t requests = refuse_each_request_of_a_new_arena<TypeParam>(
      [](PlannedHeap<TypeParam>& t) { t.source.place(Placement::misaligned); });
  EXPECT_GE(requests, 1 + TypeParam::radix_bits.size());
}

TYPED_TEST(RadixFailures, ARefusedSecondLeafRollsTheArenaBack) {
  // The second misaligned place begins in the leaf of the first and ends in another, of another parent.
  const std::uint64_t requests = refuse_each_request_of_a_new_arena<TypeParam>([](PlannedHeap<TypeParam>& t) {
    t.source.place(Placement::misaligned);
    (void)t.take_arena();
  });
  EXPECT_GE(requests, 1U);
}

TYPED_TEST(HeapFailures, NothingLeaksWhereAHeapDiesAfterARefusal) {
  PlannedRaw raw;
  Region region(0);
  RegionArenaSource source(region, TypeParam::arena_size, TypeParam::pool_size);
  for (std::uint64_t granted = 0; granted < 12; ++granted) {
    void* block = nullptr;
    {
      source.place(Placement::misaligned);
      Heap<TypeParam, RegionArenaSource, PlannedRaw> heap(source, raw);
      raw.refuse_after(granted);
      block = heap.malloc(1);
      raw.cancel_refusal();
      if (heap.owns(block)) block = nullptr;
    }
    raw.free(block);
    EXPECT_EQ(raw.live(), 0U) << granted;
    EXPECT_EQ(source.live(), 0U) << granted;
  }
}

}  // namespace
}  // namespace pymalloc
