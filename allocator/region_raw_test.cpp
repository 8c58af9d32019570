#include "allocator/region_raw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "allocator/poison.hpp"

namespace pymalloc {
namespace {

std::uintptr_t at(const void* block) {
  return std::bit_cast<std::uintptr_t>(block);
}

/// Of all blocks together, in bytes.
constexpr std::size_t capacity = std::size_t{1} << 36U;

class RegionRawTest : public ::testing::Test {
 protected:
  Region region{4};
  RegionRaw raw{region};
};

TEST_F(RegionRawTest, GivesBlocksOf16BytesAlignmentAndTheirExactSize) {
  for (std::size_t size = 1; size < 3000; size += 7) {
    void* const block = raw.malloc(size);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(at(block) % 16, 0U) << size;
    EXPECT_EQ(raw.usable_size(block), size);
    std::memset(block, 1, size);
  }
}

TEST_F(RegionRawTest, GivesTheSameAddressesForTheSameCalls) {
  std::vector<std::uintptr_t> first;
  for (int run = 0; run < 2; ++run) {
    raw.reset();
    std::vector<std::uintptr_t> addresses;
    std::vector<void*> blocks;
    std::mt19937_64 random(3);
    for (int i = 0; i < 1000; ++i) {
      if (random() % 3 == 0 && !blocks.empty()) {
        const std::size_t victim = random() % blocks.size();
        raw.free(blocks[victim]);
        blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(victim));
      } else {
        blocks.push_back(raw.malloc(1 + random() % 5000));
        addresses.push_back(at(blocks.back()));
      }
    }
    if (run == 0) first = addresses;
    EXPECT_EQ(addresses, first);
  }
}

TEST_F(RegionRawTest, LiveBlocksNeverOverlapAndHoldTheirSize) {
  std::map<std::uintptr_t, std::size_t> live;
  std::mt19937_64 random(4);
  for (int i = 0; i < 20000; ++i) {
    if (random() % 2 == 0 && !live.empty()) {
      const auto victim = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      raw.free(std::bit_cast<void*>(victim->first));
      live.erase(victim);
      continue;
    }
    if (live.size() > 200) continue;
    const std::size_t size = std::size_t{1} << random() % 14U;
    const std::size_t wanted = size + random() % size;
    const std::uintptr_t block = at(raw.malloc(wanted));
    const auto after = live.lower_bound(block);
    if (after != live.end()) {
      ASSERT_LE(block + wanted, after->first);
    }
    if (after != live.begin()) {
      ASSERT_LE(std::prev(after)->first + std::prev(after)->second, block);
    }
    live.emplace(block, wanted);
  }
  EXPECT_EQ(raw.live(), live.size());
}

TEST_F(RegionRawTest, CallocZeroesFreshAndRecycledMemory) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, std::size_t{40000}}) {
    for (int round = 0; round < 2; ++round) {
      auto* const block = static_cast<char*>(raw.calloc(size, 1));
      EXPECT_EQ(std::count(block, block + size, 0), static_cast<std::ptrdiff_t>(size)) << size;
      std::memset(block, 1, size);
      raw.free(block);
    }
  }
}

TEST_F(RegionRawTest, WhatMallocGivesAndReallocAddsIsNotZero) {
  for (int round = 0; round < 2; ++round) {
    auto* block = static_cast<char*>(raw.malloc(100));
    EXPECT_EQ(std::count(block, block + 100, 0), 0);
    for (const std::size_t size : {std::size_t{110}, std::size_t{5000}}) {
      std::memset(block, 1, 100);
      block = static_cast<char*>(raw.realloc(block, size));
      EXPECT_EQ(std::count(block, block + 100, 1), 100);
      EXPECT_EQ(std::count(block, block + size, 0), 0);
    }
    raw.free(block);
    auto* const made = static_cast<char*>(raw.realloc(nullptr, 50));
    EXPECT_EQ(std::count(made, made + 50, 0), 0);
    raw.reset();
  }
}

TEST_F(RegionRawTest, ALentPlaceServesTheNextRequestOfItsSizeOnce) {
  const std::uintptr_t place = region.base() + 3 * capacity;
  raw.lend(place, 640, RegionRaw::Beside::arena_before);
  EXPECT_NE(at(raw.malloc(512)), place) << "another step";
  auto* const block = static_cast<char*>(raw.calloc(1, 600));
  EXPECT_EQ(at(block), place);
  EXPECT_EQ(std::count(block, block + 600, 0), 600);
  EXPECT_NE(at(raw.malloc(640)), place);
  std::memset(block, 1, 600);
  raw.reset();
  EXPECT_NE(at(raw.malloc(640)), place);
  EXPECT_EQ(std::count(block, block + 600, 0), 600);
}

TEST_F(RegionRawTest, HugeBlocksAreAddressesThatHoldWhatIsWrittenAndAreZeroAgain) {
  constexpr std::size_t size = (std::size_t{1} << 32U) + 5;
  for (int round = 0; round < 3; ++round) {
    auto* block = static_cast<char*>(round == 1 ? raw.calloc(size, 1) : raw.malloc(size));
    ASSERT_NE(block, nullptr);
    EXPECT_TRUE(raw.holds(at(block), size));
    EXPECT_EQ(raw.usable_size(block), size);
    for (const std::size_t offset : {std::size_t{0}, size / 2, size - 1}) {
      EXPECT_EQ(block[offset], 0) << offset;
      block[offset] = 3;
    }
    auto* const larger = static_cast<char*>(raw.realloc(block, size + 1000));
    EXPECT_EQ(larger, block);
    EXPECT_EQ(larger[size - 1], 3);
    larger[size + 999] = 4;
    EXPECT_EQ(raw.realloc(block, size), block);
    EXPECT_EQ(raw.realloc(block, size + 1000), block);
    EXPECT_EQ(larger[size + 999], 0);
    auto* const small = static_cast<char*>(raw.realloc(block, 10));
    EXPECT_NE(small, block);
    EXPECT_EQ(small[0], 3);
    raw.free(small);
    EXPECT_EQ(raw.live(), 0U);
    if (round == 1) raw.reset();
  }
}

TEST_F(RegionRawTest, CallocGuardsItsProduct) {
  constexpr std::size_t half = std::size_t{1} << 32U;
  EXPECT_EQ(raw.calloc(half, half), nullptr);
  EXPECT_EQ(raw.calloc(std::numeric_limits<std::size_t>::max(), 2), nullptr);
  EXPECT_EQ(raw.live(), 0U);
}

TEST_F(RegionRawTest, RefusesWhatDoesNotFitWithoutGivingAnything) {
  for (const std::size_t size : {std::numeric_limits<std::size_t>::max(), std::size_t{1} << 63U, capacity}) {
    EXPECT_EQ(raw.malloc(size), nullptr);
    EXPECT_EQ(raw.realloc(nullptr, size), nullptr);
  }
  EXPECT_EQ(raw.refused(), 6U);
  EXPECT_EQ(raw.live(), 0U);
}

TEST_F(RegionRawTest, RefusesWhatItHasNoRoomLeftFor) {
  for (std::size_t i = 0; i < RegionRaw::huge_places; ++i)
    ASSERT_NE(raw.malloc(RegionRaw::huge_most), nullptr);
  EXPECT_EQ(raw.malloc(RegionRaw::huge_most), nullptr);
  EXPECT_NE(raw.malloc(1000), nullptr) << "of which there is other memory";
  EXPECT_EQ(raw.refused(), 1U);
}

TEST_F(RegionRawTest, LeavesABlockAsItWasWhereItCannotGrow) {
  auto* const block = static_cast<char*>(raw.malloc(10));
  block[9] = 7;
  EXPECT_EQ(raw.realloc(block, capacity), nullptr);
  EXPECT_EQ(raw.usable_size(block), 10U);
  EXPECT_EQ(block[9], 7);
}

TEST_F(RegionRawTest, GivesABlockForNoElements) {
  void* const block = raw.calloc(5, 0);
  ASSERT_NE(block, nullptr);
  EXPECT_TRUE(raw.holds(at(block), 0));
  EXPECT_EQ(raw.usable_size(static_cast<char*>(block) + 16), 0U) << "no block";
  raw.free(block);
  EXPECT_EQ(raw.live(), 0U);
}

TEST_F(RegionRawTest, RefusesAsManyRequestsAsTold) {
  void* const block = raw.malloc(10);
  raw.fail_next(3);
  EXPECT_EQ(raw.malloc(1), nullptr);
  EXPECT_EQ(raw.calloc(1, 1), nullptr);
  EXPECT_EQ(raw.realloc(block, 12), nullptr) << "also where it would stay in place";
  EXPECT_EQ(raw.usable_size(block), 10U);
  EXPECT_NE(raw.malloc(1), nullptr);
  EXPECT_EQ(raw.refused(), 3U);
}

TEST_F(RegionRawTest, ReallocKeepsTheFirstBytesFromEverySizeToEverySize) {
  for (std::size_t from = 1; from < 600; from += 23) {
    for (std::size_t to = 1; to < 600; to += 19) {
      auto* block = static_cast<unsigned char*>(raw.malloc(from));
      for (std::size_t i = 0; i < from; ++i) block[i] = static_cast<unsigned char>(i);
      block = static_cast<unsigned char*>(raw.realloc(block, to));
      ASSERT_NE(block, nullptr);
      EXPECT_EQ(raw.usable_size(block), to);
      for (std::size_t i = 0; i < std::min(from, to); ++i)
        ASSERT_EQ(block[i], i % 256) << from << " to " << to;
      raw.free(block);
    }
  }
  EXPECT_EQ(raw.live(), 0U);
}

TEST_F(RegionRawTest, CountsFreesOfWhatIsNoLiveBlock) {
  void* const block = raw.malloc(10);
  raw.free(static_cast<char*>(block) + 1);
  EXPECT_EQ(raw.realloc(static_cast<char*>(block) + 1, 5), nullptr);
  EXPECT_EQ(raw.wrong_frees(), 2U);
  raw.free(block);
  EXPECT_EQ(raw.wrong_frees(), 2U);
  raw.free(block);
  EXPECT_EQ(raw.wrong_frees(), 3U) << "freed twice";
  raw.free(nullptr);
  EXPECT_EQ(raw.wrong_frees(), 3U);
}

TEST_F(RegionRawTest, HoldsALiveBlockUpToItsSize) {
  void* const block = raw.malloc(10);
  EXPECT_TRUE(raw.holds(at(block), 10));
  EXPECT_FALSE(raw.holds(at(block), 11));
  EXPECT_FALSE(raw.holds(at(block) + 16, 1));
  raw.free(block);
  EXPECT_FALSE(raw.holds(at(block), 1));
}

TEST(RegionRawLife, LeavesItsMemoryAllowedToWhoeverHasTheRegionNext) {
  std::uintptr_t block = 0;
  {
    Region region(5);
    RegionRaw raw(region);
    block = at(raw.malloc(100));
    raw.free(std::bit_cast<void*>(block));
  }
  Region region(5);
  ASSERT_EQ(region.base(), block);
  std::memset(std::bit_cast<void*>(block), 1, 100);
}

TEST_F(RegionRawTest, StartsAnewAfterReset) {
  void* const first = raw.malloc(1000);
  std::memset(first, 1, 1000);
  raw.free(static_cast<char*>(first) + 1);
  raw.fail_next(3);
  raw.reset();
  EXPECT_EQ(raw.live(), 0U);
  EXPECT_EQ(raw.wrong_frees(), 0U);
  auto* const again = static_cast<char*>(raw.calloc(1000, 1));
  EXPECT_EQ(again, first);
  EXPECT_EQ(std::count(again, again + 1000, 0), 1000) << "memory never given is zero without a memset";
}

}  // namespace
}  // namespace pymalloc
