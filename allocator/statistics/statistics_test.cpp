#include "allocator/statistics/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

template <class L>
class HeapStatistics : public ::testing::Test {};
TYPED_TEST_SUITE(HeapStatistics, AllLayouts, LayoutNames);

TYPED_TEST(HeapStatistics, OfAHeapThatServedNothingAreZero) {
  const TestHeap<TypeParam> t;
  const Statistics s = gather(t.state());
  EXPECT_EQ(s.bytes.total(), 0U);
  EXPECT_TRUE(s.arenas.empty());
  EXPECT_EQ(s.classes.size(), std::size_t{t.classes});
}

TYPED_TEST(HeapStatistics, AccountForEveryByteOfTheArenasWhateverHappens) {
  TestHeap<TypeParam> t;
  std::mt19937 random(1);
  std::vector<std::byte*> blocks;
  for (int step = 0; step < 20'000; ++step) {
    if (step % 500 == 0) t.source.place(static_cast<Placement>(random() % placements));
    // Now more blocks are taken than given back, now fewer.
    if (random() % 8 < (step / 4000 % 2 == 0 ? 5U : 3U) || blocks.empty()) {
      blocks.push_back(t.take(static_cast<std::uint32_t>(random() % t.classes)));
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      t.heap.free(blocks.back());
      blocks.pop_back();
    }
    if (step % 64 != 0) continue;
    const Statistics s = gather(t.state());
    ASSERT_EQ(s.arenas.size(), t.source.live()) << "step " << step;
    ASSERT_EQ(s.bytes.total(), t.source.live() * TypeParam::arena_size) << "step " << step;
    std::map<std::uint32_t, std::uint64_t> live;
    for (const std::byte* block : blocks) ++live[peek(t.pool(block)->szidx)];
    for (std::uint32_t size_class = 0; size_class < t.classes; ++size_class)
      ASSERT_EQ(s.classes[size_class].blocks_in_use, live[size_class]) << "step " << step;
  }
}

TYPED_TEST(HeapStatistics, CountTheBlocksAndBytesOfOnePool) {
  TestHeap<TypeParam> t;
  (void)t.take(1, 2);
  const Statistics s = gather(t.state());
  EXPECT_EQ(s.classes[1].pools, 1U);
  EXPECT_EQ(s.classes[1].blocks_in_use, 2U);
  EXPECT_EQ(s.classes[1].blocks_free, t.capacity(1) - 2);
  EXPECT_EQ(s.bytes.in_use, 2 * t.block_size(1));
  EXPECT_EQ(s.bytes.free_blocks, (t.capacity(1) - 2) * t.block_size(1));
  EXPECT_EQ(s.bytes.headers, std::uint64_t{t.overhead});
  EXPECT_EQ(s.bytes.quantisation, (TypeParam::pool_size - t.overhead) % t.block_size(1));
  EXPECT_EQ(s.bytes.free_pools, (t.pools_per_arena - 1) * TypeParam::pool_size);
  ASSERT_EQ(s.arenas.size(), 1U);
  EXPECT_EQ(s.arenas[0].pools_in_use, 1U);
  EXPECT_EQ(s.arenas[0].pools_fresh, t.pools_per_arena - 1);
}

TYPED_TEST(HeapStatistics, TellEmptyPoolsFromFreshOnes) {
  TestHeap<TypeParam> t;
  (void)t.take(0);
  t.heap.free(t.take(1));
  const Statistics s = gather(t.state());
  EXPECT_EQ(s.arenas[0].pools_empty, 1U);
  EXPECT_EQ(s.arenas[0].pools_fresh, t.pools_per_arena - 2);
}

TYPED_TEST(HeapStatistics, CallThePoolThatAMisalignedArenaLosesAlignment) {
  TestHeap<TypeParam> t;
  t.source.place(Placement::misaligned);
  (void)t.take(0);
  EXPECT_EQ(gather(t.state()).bytes.arena_alignment, TypeParam::pool_size);
}

TEST(Statistics, AreReadByPeopleAsATable) {
  TestHeap<Tiny> t;
  t.give(t.take(1, 2));
  (void)t.take(0, 5);
  EXPECT_EQ(to_text(gather(t.state())),
            R"(Small block threshold = 96, in 3 size classes (layout tiny).

class   size   num pools   blocks in use  avail blocks
-----   ----   ---------   -------------  ------------
    0     32           1               5             1

# arenas requested                        =                    1
# arenas refused                          =                    0
# arenas released                         =                    0
# arenas kept though wholly free          =                    1
# arenas at most                          =                    1
# arenas now                              =                    1
1 arenas * 1,024 bytes/arena              =                1,024

# bytes in allocated blocks               =                  160
# bytes in available blocks               =                   32
3 unused pools * 256 bytes                =                  768
# bytes lost to pool headers              =                   64
# bytes lost to quantization              =                    0
# bytes lost to arena alignment           =                    0
Total                                     =                1,024

arena 0: 1 of 4 pools in use, 0 empty, 3 fresh; 160 bytes in blocks
)");
}

TEST(Statistics, OfAHeapWithoutArenasEndWithTheirTotal) {
  const TestHeap<Tiny> t;
  EXPECT_THAT(to_text(gather(t.state())),
              ::testing::EndsWith("Total                                     =                    0\n"));
}

TEST(Statistics, KeepEveryDigitOfFiguresThatAreWiderThanTheirColumn) {
  TestHeap<Tiny> t;
  Statistics s = gather(t.state());
  s.classes[0].pools = 1'000'000'000'000;
  EXPECT_THAT(to_text(s), HasSubstr("    0     32 1,000,000,000,000               0"));
}

TEST(Statistics, AreReadByProgramsAsJson) {
  TestHeap<Tiny> t;
  (void)t.take(0);
  Statistics s = gather(t.state());
  const std::string address = std::to_string(s.arenas.at(0).address);
  EXPECT_THAT(to_json(s), Not(HasSubstr("rounding")));
  s.bytes_requested = 20;
  EXPECT_EQ(to_json(s),
            R"({"layout":"tiny","small_request_threshold":96,"pool_size":256,"arena_size":1024,)"
            R"("bytes":{"in_use":32,"free_blocks":160,"free_pools":768,"headers":64,"quantisation":0,)"
            R"("arena_alignment":0,"total":1024,"requested":20,"rounding":12},)"
            R"("arena_events":{"requested":1,"refused":0,"released":0,"kept":0,"most":1},)"
            R"("classes":[{"block_size":32,"pools":1,"blocks_in_use":1,"blocks_free":5},)"
            R"({"block_size":64,"pools":0,"blocks_in_use":0,"blocks_free":0},)"
            R"({"block_size":96,"pools":0,"blocks_in_use":0,"blocks_free":0}],)"
            R"("arenas":[{"index":0,"address":)" +
                address + R"(,"pools_in_use":1,"pools_empty":0,"pools_fresh":3,"bytes_in_use":32}]})");
}

TEST(Statistics, TellWhatRoundingCostsOnlyWhereSomebodyCountedTheRequests) {
  TestHeap<Tiny> t;
  (void)t.take(0);
  Statistics s = gather(t.state());
  EXPECT_THAT(to_text(s), Not(HasSubstr("rounding")));
  s.bytes_requested = 20;
  EXPECT_THAT(to_text(s), HasSubstr("#   lost to rounding                      =                   12\n"));
}

}  // namespace
}  // namespace pymalloc
