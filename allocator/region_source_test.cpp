#include "allocator/region_source.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// Whether the memory there can be read, as the system answers it: no sanitizer is asked.
bool can_be_read(std::uintptr_t address) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const bool can = syscall(SYS_write, ends[1], address, 1) == 1;
  close(ends[0]);
  close(ends[1]);
  return can;
}

template <Layout L>
struct Fixture {
  Region region{2};
  RegionArenaSource source{region, L::arena_size, L::pool_size};

  [[nodiscard]] std::uintptr_t allocate() { return address_of(source.allocate(L::arena_size)); }
  [[nodiscard]] std::vector<std::uintptr_t> allocate(Placement placement, std::size_t count) {
    source.place(placement);
    std::vector<std::uintptr_t> addresses;
    for (std::size_t i = 0; i < count; ++i) addresses.push_back(allocate());
    return addresses;
  }
  void release(std::uintptr_t arena) { source.release(std::bit_cast<void*>(arena), L::arena_size); }
};

TEST(Region, HasTheSameAddressEachTime) {
  std::uintptr_t base = 0;
  {
    const Region region(3);
    base = region.base();
  }
  const Region again(3);
  EXPECT_EQ(again.base(), base);
}

TEST(Region, OfAnotherNumberLiesElsewhere) {
  const Region a(0);
  const Region b(Region::limit - 1);
  EXPECT_GE(b.base() - a.base(), Region::size);
}

TEST(Region, LiesElsewhereWhereItsPlaceIsTakenAndNowhereWhereEveryPlaceIs) {
  const Region first(7);
  std::vector<std::uintptr_t> bases = {first.base()};
  const auto take_all = [&] {
    std::vector<std::unique_ptr<Region>> regions;
    for (int i = 0; i < 10; ++i) {
      regions.push_back(std::make_unique<Region>(7));
      bases.push_back(regions.back()->base());
    }
  };
  EXPECT_THROW(take_all(), std::runtime_error);
  std::sort(bases.begin(), bases.end());
  for (std::size_t i = 1; i < bases.size(); ++i) EXPECT_GE(bases[i] - bases[i - 1], Region::size);
}

TEST(RegionSource, RefusesArenasThatAPlacementHasNoRoomFor) {
  constexpr std::size_t too_large = std::size_t{1} << 35U;
  Region region(2);
  RegionArenaSource source(region, too_large, Tiny::pool_size);
  for (const Placement placement : all_placements) {
    source.place(placement);
    EXPECT_EQ(source.allocate(too_large), nullptr) << word(placement);
  }
  EXPECT_EQ(source.live(), 0U);
}

TEST(Region, WithANumberBeyondTheLimitDoesNotExist) {
  EXPECT_THROW(Region region(Region::limit), std::runtime_error);
}

TEST(Region, IsZeroAgainAfterClearAndUntouchedBesideIt) {
  const Region region(0);
  auto* const bytes = std::bit_cast<unsigned char*>(region.base());
  constexpr std::size_t size = 5 * 4096;
  for (const std::size_t from : {std::size_t{0}, std::size_t{1}, std::size_t{4095}, std::size_t{4096}}) {
    for (const std::size_t to : {from, from + 1, from + 5000, std::size_t{3 * 4096}, std::size_t{4 * 4096}}) {
      std::memset(bytes, 1, size);
      Region::clear(region.base() + from, to - from);
      EXPECT_EQ(std::count(bytes, bytes + size, 0), static_cast<std::ptrdiff_t>(to - from));
      EXPECT_EQ(std::count(bytes + from, bytes + to, 0), static_cast<std::ptrdiff_t>(to - from));
    }
  }
}

template <class L>
class RegionSourceOf : public ::testing::Test {};
TYPED_TEST_SUITE(RegionSourceOf, AllLayouts, LayoutNames);

TYPED_TEST(RegionSourceOf, GivesTheSameAddressesForTheSameRequests) {
  std::vector<std::uintptr_t> first;
  for (int run = 0; run < 2; ++run) {
    Fixture<TypeParam> f;
    std::vector<std::uintptr_t> addresses;
    for (const Placement placement : all_placements) {
      const auto more = f.allocate(placement, 5);
      addresses.insert(addresses.end(), more.begin(), more.end());
    }
    if (run == 0) first = addresses;
    EXPECT_EQ(addresses, first);
  }
}

TYPED_TEST(RegionSourceOf, UpAscendsAndDownDescendsWithAGapOfAnArena) {
  Fixture<TypeParam> f;
  const auto up = f.allocate(Placement::up, 4);
  const auto down = f.allocate(Placement::down, 4);
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(up[i] - up[i - 1], 2 * TypeParam::arena_size);
    EXPECT_EQ(down[i - 1] - down[i], 2 * TypeParam::arena_size);
  }
}

TYPED_TEST(RegionSourceOf, AdjacentArenasTouch) {
  Fixture<TypeParam> f;
  const auto arenas = f.allocate(Placement::adjacent, 4);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(arenas[i] - arenas[i - 1], TypeParam::arena_size);
}

TYPED_TEST(RegionSourceOf, ScatteredArenasLieFarApartInNoOrder) {
  Fixture<TypeParam> f;
  auto arenas = f.allocate(Placement::scattered, 16);
  EXPECT_FALSE(std::is_sorted(arenas.begin(), arenas.end()));
  std::sort(arenas.begin(), arenas.end());
  EXPECT_FALSE(std::is_sorted(arenas.rbegin(), arenas.rend()));
  for (std::size_t i = 1; i < arenas.size(); ++i) {
    EXPECT_GE(arenas[i] - arenas[i - 1], std::uintptr_t{1} << 34U);
  }
}

TYPED_TEST(RegionSourceOf, MisalignedArenasLieOnNoArenaBoundaryAndThreeOfFourOnNoPoolBoundary) {
  Fixture<TypeParam> f;
  std::size_t on_a_pool_boundary = 0;
  for (const std::uintptr_t arena : f.allocate(Placement::misaligned, 12)) {
    EXPECT_NE(arena % TypeParam::arena_size, 0U);
    EXPECT_EQ(arena % 16, 0U);
    if (arena % TypeParam::pool_size == 0) ++on_a_pool_boundary;
  }
  EXPECT_EQ(on_a_pool_boundary, 3U);
}

template <class L>
class RegionSourceAndRadixTree : public ::testing::Test {};
TYPED_TEST_SUITE(RegionSourceAndRadixTree, RadixLayouts, LayoutNames);

TYPED_TEST(RegionSourceAndRadixTree, TheSecondMisalignedArenaLiesAcrossTheLeafOfTheFirstAndAnother) {
  Fixture<TypeParam> f;
  const auto arenas = f.allocate(Placement::misaligned, 2);
  const std::uintptr_t arena = arenas[1];
  const unsigned leaf_bits = RadixMap<TypeParam>::arena_bits + TypeParam::radix_bits.back();
  EXPECT_NE(arena >> leaf_bits, (arena + TypeParam::arena_size - 1) >> leaf_bits);
  EXPECT_EQ(arena >> leaf_bits, arenas[0] >> leaf_bits);
  EXPECT_EQ(arena >> leaf_bits, (arenas[0] + TypeParam::arena_size - 1) >> leaf_bits);
}

TYPED_TEST(RegionSourceOf, AllOtherPlacementsAreOnArenaBoundaries) {
  Fixture<TypeParam> f;
  for (const Placement placement : {Placement::up, Placement::down, Placement::scattered, Placement::adjacent,
                                    Placement::guarded, Placement::dirty}) {
    for (const std::uintptr_t arena : f.allocate(placement, 5)) EXPECT_EQ(arena % TypeParam::arena_size, 0U);
  }
}

TYPED_TEST(RegionSourceOf, EightMisalignedArenasInARowTouchAndTheNextRowLiesApart) {
  Fixture<TypeParam> f;
  const auto arenas = f.allocate(Placement::touching, 24);
  for (std::size_t i = 0; i < arenas.size(); ++i) {
    EXPECT_NE(arenas[i] % TypeParam::pool_size, 0U) << i;
    EXPECT_EQ(arenas[i] % 16, 0U) << i;
    if (i % 8 != 0) {
      EXPECT_EQ(arenas[i] - arenas[i - 1], TypeParam::arena_size) << i;
    } else if (i != 0) {
      EXPECT_GT(arenas[i] - arenas[i - 1], TypeParam::arena_size) << i;
    }
  }
}

TYPED_TEST(RegionSourceOf, AGuardedArenaHasNoMemoryBesideItAndLeavesNoneBehind) {
  Fixture<TypeParam> f;
  for (const std::uintptr_t arena : f.allocate(Placement::guarded, 2)) {
    const std::uintptr_t page = arena / Region::page * Region::page;
    const std::uintptr_t end = arena + TypeParam::arena_size;
    EXPECT_TRUE(can_be_read(arena));
    EXPECT_TRUE(can_be_read(end - 1));
    EXPECT_FALSE(can_be_read(page - 1));
    EXPECT_FALSE(can_be_read((end + Region::page - 1) / Region::page * Region::page));
    f.release(arena);
    EXPECT_FALSE(can_be_read(arena));
    EXPECT_FALSE(can_be_read(end - 1));
    EXPECT_EQ(f.allocate(), arena);
    EXPECT_TRUE(can_be_read(end - 1));
  }
  f.source.reset();
  EXPECT_EQ(f.source.live(), 0U);
}

TYPED_TEST(RegionSourceOf, GuardedArenasBeginOrEndWhereThereIsNoMemory) {
  Fixture<TypeParam> f;
  const auto arenas = f.allocate(Placement::guarded, 2);
  EXPECT_FALSE(can_be_read(arenas[0] - 1));
  EXPECT_FALSE(can_be_read(arenas[1] + TypeParam::arena_size));
}

TYPED_TEST(RegionSourceOf, ADirtyArenaIsNotZeroAndComesBackAsItWas) {
  Fixture<TypeParam> f;
  for (int run = 0; run < 2; ++run) {
    std::vector<unsigned char> first_bytes;
    for (const std::uintptr_t arena : f.allocate(Placement::dirty, 2)) {
      auto* const bytes = std::bit_cast<unsigned char*>(arena);
      first_bytes.push_back(bytes[0]);
      EXPECT_EQ(std::count(bytes, bytes + TypeParam::arena_size, bytes[0]) +
                    std::count(bytes, bytes + TypeParam::arena_size, 0),
                static_cast<std::ptrdiff_t>(TypeParam::arena_size));
      EXPECT_NE(bytes[0], 0);
      bytes[TypeParam::arena_size - 1] = 77;
      f.release(arena);
      EXPECT_EQ(f.allocate(), arena);
      EXPECT_EQ(bytes[TypeParam::arena_size - 1], 77);
    }
    EXPECT_NE(first_bytes[0], first_bytes[1]);
    f.source.reset();
  }
}

TYPED_TEST(RegionSourceOf, BlocksOfTheRawAllocatorTouchAnArenaThatLiesBesideThem) {
  Fixture<TypeParam> f;
  RegionRaw raw(f.region);
  f.source.lend_places_to(raw);
  std::set<std::uintptr_t> begins;
  std::set<std::uintptr_t> ends;
  const auto arenas = f.allocate(Placement::beside_raw, 8);
  for (const std::size_t size : {std::size_t{16}, std::size_t{128}, std::size_t{640}, std::size_t{1024}}) {
    for (int i = 0; i < 16; ++i) {
      const auto block = address_of(raw.malloc(size));
      EXPECT_FALSE(f.source.holds(block, 1));
      EXPECT_FALSE(f.source.holds(block + size - 1, 1));
      begins.insert(block);
      ends.insert(block + size);
    }
  }
  for (const std::uintptr_t arena : arenas) {
    EXPECT_TRUE(ends.contains(arena));
    EXPECT_TRUE(begins.contains(arena + TypeParam::arena_size));
  }
  EXPECT_EQ(arenas[0] % TypeParam::pool_size, 0U);
  EXPECT_NE(arenas[1] % TypeParam::pool_size, 0U);
  raw.reset();
  f.source.reset();
}

TYPED_TEST(RegionSourceOf, NoTwoArenasOverlapWhateverTheirPlacements) {
  Fixture<TypeParam> f;
  std::vector<std::uintptr_t> arenas;
  for (int round = 0; round < 20; ++round) {
    for (const Placement placement : all_placements) {
      const auto more = f.allocate(placement, 4);
      arenas.insert(arenas.end(), more.begin(), more.end());
    }
  }
  std::sort(arenas.begin(), arenas.end());
  for (std::size_t i = 1; i < arenas.size(); ++i) EXPECT_GE(arenas[i] - arenas[i - 1], TypeParam::arena_size);
  EXPECT_GE(arenas.front(), f.region.base());
  EXPECT_LE(arenas.back() + TypeParam::arena_size, f.region.base() + Region::size);
}

TYPED_TEST(RegionSourceOf, AReleasedArenaIsGivenAgainZeroedLowestPlaceFirst) {
  Fixture<TypeParam> f;
  for (const Placement placement : all_placements) {
    if (placement == Placement::dirty) continue;
    const auto arenas = f.allocate(placement, 4);
    auto* const bytes = std::bit_cast<unsigned char*>(arenas[1]);
    std::memset(bytes, 1, TypeParam::arena_size);
    f.release(arenas[2]);
    f.release(arenas[1]);
    EXPECT_EQ(f.allocate(), arenas[1]) << word(placement);
    EXPECT_EQ(f.allocate(), arenas[2]) << word(placement);
    EXPECT_EQ(std::count(bytes, bytes + TypeParam::arena_size, 0),
              static_cast<std::ptrdiff_t>(TypeParam::arena_size));
  }
}

TYPED_TEST(RegionSourceOf, RefusesAsManyRequestsAsTold) {
  Fixture<TypeParam> f;
  f.source.fail_next(2);
  EXPECT_EQ(f.allocate(), 0U);
  EXPECT_EQ(f.allocate(), 0U);
  EXPECT_NE(f.allocate(), 0U);
  EXPECT_EQ(f.source.live(), 1U);
}

TYPED_TEST(RegionSourceOf, GivesNothingButWholeArenas) {
  Fixture<TypeParam> f;
  EXPECT_EQ(f.source.allocate(TypeParam::arena_size - 1), nullptr);
  EXPECT_EQ(f.source.allocate(TypeParam::arena_size + 1), nullptr);
  EXPECT_EQ(f.source.live(), 0U);
}

TYPED_TEST(RegionSourceOf, CountsReleasesOfWhatIsNoLiveArenaOrHasAWrongSize) {
  Fixture<TypeParam> f;
  const std::uintptr_t arena = f.allocate();
  f.release(arena + 16);
  f.source.release(std::bit_cast<void*>(arena), TypeParam::arena_size - 16);
  EXPECT_EQ(f.source.wrong_releases(), 2U);
  EXPECT_EQ(f.source.live(), 1U);
  f.release(arena);
  EXPECT_EQ(f.source.wrong_releases(), 2U);
  f.release(arena);
  EXPECT_EQ(f.source.wrong_releases(), 3U) << "released twice";
}

TYPED_TEST(RegionSourceOf, CountsReleasesOfArenasWithBytesThatNobodyMayTouch) {
  if (!poisons) GTEST_SKIP() << "not built with AddressSanitizer: nothing is poisoned";
  Fixture<TypeParam> f;
  const std::uintptr_t arena = f.allocate();
  poison(std::bit_cast<void*>(arena + TypeParam::arena_size - 8), 8);
  f.release(arena);
  EXPECT_EQ(f.source.poisoned_releases(), 1U);
  f.release(f.allocate());
  EXPECT_EQ(f.source.poisoned_releases(), 1U) << "one that is open again";
}

TYPED_TEST(RegionSourceOf, HoldsExactlyTheBytesOfLiveArenas) {
  Fixture<TypeParam> f;
  const std::size_t size = TypeParam::arena_size;
  const std::uintptr_t arena = f.allocate();
  EXPECT_TRUE(f.source.holds(arena, size));
  EXPECT_TRUE(f.source.holds(arena + size - 1, 1));
  EXPECT_FALSE(f.source.holds(arena + size - 1, 2));
  EXPECT_FALSE(f.source.holds(arena - 1, 1));
  EXPECT_FALSE(f.source.holds(arena + size, 1));
  f.release(arena);
  EXPECT_FALSE(f.source.holds(arena, 1));
}

TYPED_TEST(RegionSourceOf, LeavesItsMemoryAllowedToWhoeverHasTheRegionNext) {
  std::vector<std::uintptr_t> arenas;
  {
    Fixture<TypeParam> f;
    for (const Placement placement : all_placements) arenas.push_back(f.allocate(placement, 1)[0]);
    f.source.reset();
  }
  Fixture<TypeParam> f;
  for (const std::uintptr_t arena : arenas)
    std::memset(std::bit_cast<void*>(arena), 1, TypeParam::arena_size);
}

TYPED_TEST(RegionSourceOf, StartsAnewAfterReset) {
  Fixture<TypeParam> f;
  const std::uintptr_t first = f.allocate();
  std::memset(std::bit_cast<void*>(first), 1, TypeParam::arena_size);
  (void)f.allocate(Placement::misaligned, 3);
  f.source.fail_next(5);
  f.release(first + 16);
  f.source.reset();
  EXPECT_EQ(f.source.live(), 0U);
  EXPECT_EQ(f.source.wrong_releases(), 0U);
  EXPECT_EQ(f.allocate(), first) << "placement up, nothing refused";
  const auto* const bytes = std::bit_cast<const unsigned char*>(first);
  EXPECT_EQ(std::count(bytes, bytes + TypeParam::arena_size, 0),
            static_cast<std::ptrdiff_t>(TypeParam::arena_size));
}

}  // namespace
}  // namespace pymalloc
