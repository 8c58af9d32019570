#include "allocator/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>
#include <type_traits>
#include <vector>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

template <Layout L>
std::uint32_t capacity_of_size(std::size_t size) {
  return Geometry<L>::capacity(Geometry<L>::class_of(size));
}

TEST(Layout, ClassicHas64ClassesOf8BytesEach) {
  EXPECT_EQ(Geometry<Classic>::classes, 64U);
  EXPECT_EQ(Geometry<Classic>::block_size(0), 8U);
  EXPECT_EQ(Geometry<Classic>::block_size(63), 512U);
}

TEST(Layout, Aligned16AndModernHave32ClassesOf16BytesEach) {
  EXPECT_EQ(Geometry<Aligned16>::classes, 32U);
  EXPECT_EQ(Geometry<Modern>::classes, 32U);
  EXPECT_EQ(Geometry<Aligned16>::block_size(0), 16U);
  EXPECT_EQ(Geometry<Modern>::block_size(31), 512U);
}

TEST(Layout, ClassicAndAligned16HavePoolsOf4KiBInArenasOf256KiB) {
  EXPECT_EQ(Classic::pool_size, 4096U);
  EXPECT_EQ(Classic::arena_size, 262144U);
  EXPECT_EQ(Aligned16::pool_size, 4096U);
  EXPECT_EQ(Aligned16::arena_size, 262144U);
}

TEST(Layout, ModernHasPoolsOf16KiBInArenasOf1MiB) {
  EXPECT_EQ(Modern::pool_size, 16384U);
  EXPECT_EQ(Modern::arena_size, 1048576U);
}

TEST(Layout, AnArenaHolds64PoolsInEveryLayoutOfCPython) {
  EXPECT_EQ(Geometry<Classic>::pools_per_arena, 64U);
  EXPECT_EQ(Geometry<Aligned16>::pools_per_arena, 64U);
  EXPECT_EQ(Geometry<Modern>::pools_per_arena, 64U);
}

TEST(Layout, ClassicPoolsHold506And253And15And7Blocks) {
  EXPECT_EQ(capacity_of_size<Classic>(8), 506U);
  EXPECT_EQ(capacity_of_size<Classic>(16), 253U);
  EXPECT_EQ(capacity_of_size<Classic>(256), 15U);
  EXPECT_EQ(capacity_of_size<Classic>(512), 7U);
}

TEST(Layout, Aligned16PoolsHold253And15And7Blocks) {
  EXPECT_EQ(capacity_of_size<Aligned16>(16), 253U);
  EXPECT_EQ(capacity_of_size<Aligned16>(256), 15U);
  EXPECT_EQ(capacity_of_size<Aligned16>(512), 7U);
}

TEST(Layout, ModernPoolsHold1021And63And31Blocks) {
  EXPECT_EQ(capacity_of_size<Modern>(16), 1021U);
  EXPECT_EQ(capacity_of_size<Modern>(256), 63U);
  EXPECT_EQ(capacity_of_size<Modern>(512), 31U);
}

TEST(Layout, TinyPoolsHold6And3And2BlocksAndArenas4Pools) {
  EXPECT_EQ(Geometry<Tiny>::classes, 3U);
  EXPECT_EQ(capacity_of_size<Tiny>(32), 6U);
  EXPECT_EQ(capacity_of_size<Tiny>(64), 3U);
  EXPECT_EQ(capacity_of_size<Tiny>(96), 2U);
  EXPECT_EQ(Geometry<Tiny>::pools_per_arena, 4U);
}

TEST(Layout, OnlyTheLayoutsSince39KeepTheirLastArenaAndMoveArenasInConstantTime) {
  EXPECT_FALSE(Classic::keeps_last_arena);
  EXPECT_TRUE(Aligned16::keeps_last_arena);
  EXPECT_TRUE(Modern::keeps_last_arena);
  EXPECT_EQ(Classic::arena_order, ArenaOrder::linear_slide);
  EXPECT_EQ(Aligned16::arena_order, ArenaOrder::constant_time);
  EXPECT_EQ(Modern::arena_order, ArenaOrder::constant_time);
}

TEST(Layout, OnlyTheModernOneAsksARadixTreeOf15And15And14Bits) {
  EXPECT_EQ(Classic::address_map, AddressMapKind::arena_table);
  EXPECT_EQ(Aligned16::address_map, AddressMapKind::arena_table);
  EXPECT_EQ(Modern::address_map, AddressMapKind::radix_tree);
  EXPECT_EQ(Modern::radix_bits, (std::array<unsigned, 3>{15, 15, 14}));
}

TEST(Layouts, HaveTheNumbersThatFilesOfTracesKnow) {
  EXPECT_THAT(Layouts::names, ::testing::ElementsAre("classic", "aligned16", "modern", "tiny"));
  EXPECT_EQ(Layouts::index<Classic>, 0U);
  EXPECT_EQ(Layouts::index<Tiny>, 3U);
}

TEST(Layouts, EachOfThemIsVisitedInOrder) {
  std::vector<std::string_view> visited;
  Layouts::each([&visited]<Layout L>() { visited.push_back(L::name); });
  EXPECT_THAT(visited, ::testing::ElementsAreArray(Layouts::names));
}

// What typed tests run on.
static_assert(std::is_same_v<AllLayouts, ::testing::Types<Classic, Aligned16, Modern, Tiny>>);
static_assert(std::is_same_v<RadixLayouts, ::testing::Types<Modern, Tiny>>);
static_assert(std::is_same_v<TableLayouts, ::testing::Types<Classic, Aligned16>>);

template <class L>
class GeometryOf : public ::testing::Test {};
TYPED_TEST_SUITE(GeometryOf, AllLayouts, LayoutNames);

TYPED_TEST(GeometryOf, EverySizeGoesToTheSmallestClassThatHoldsIt) {
  using Geo = Geometry<TypeParam>;
  for (std::size_t size = 1; size <= TypeParam::small_request_threshold; ++size) {
    const std::uint32_t size_class = Geo::class_of(size);
    ASSERT_LT(size_class, Geo::classes) << size;
    ASSERT_GE(Geo::block_size(size_class), size) << size;
    if (size_class > 0) {
      ASSERT_LT(Geo::block_size(size_class - 1), size) << size;
    }
  }
}

TYPED_TEST(GeometryOf, AFullPoolHasNoRoomForOneMoreBlock) {
  using Geo = Geometry<TypeParam>;
  for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class) {
    const std::uint32_t size = Geo::block_size(size_class);
    const std::uint32_t end = Geo::overhead + Geo::capacity(size_class) * size;
    EXPECT_LE(end, TypeParam::pool_size) << "class " << size_class;
    EXPECT_GT(end + size, TypeParam::pool_size) << "class " << size_class;
    // The last block may start at maxnextoffset and not later.
    EXPECT_LE(end - size, Geo::max_next_offset(size_class)) << "class " << size_class;
    EXPECT_GT(end, Geo::max_next_offset(size_class)) << "class " << size_class;
  }
}

TYPED_TEST(GeometryOf, TheHeaderTakes48BytesRoundedUpToTheAlignment) {
  EXPECT_EQ(sizeof(PoolHeader), 48U);
  EXPECT_EQ(Geometry<TypeParam>::overhead, TypeParam::alignment == 32 ? 64U : 48U);
}

}  // namespace
}  // namespace pymalloc
