#include "harness/library/observed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace poolhammer::library {
namespace {

[[nodiscard]] const void* at(std::uintptr_t address) {
  return reinterpret_cast<const void*>(address);
}

[[nodiscard]] std::vector<std::uint8_t> counters_of(const Observed& observed) {
  std::vector<std::uint8_t> counters(1024);
  counters.resize(observed.write(counters));
  return counters;
}

TEST(Observed, WritesAllItHasInTheRoomThatAWorkerGives) {
  std::array<std::uint8_t, 1024> room{};
  EXPECT_LT(Observed().write(room), room.size());
  std::array<std::uint8_t, 7> little{};
  EXPECT_EQ(Observed().write(little), little.size());
}

TEST(Observed, TellsClassesReuseDistancesAndAddressesApart) {
  Observed small;
  small.given(at(0x10000), 24);
  Observed large;
  large.given(at(0x10000), 5000);
  EXPECT_NE(counters_of(small), counters_of(large));

  Observed fresh = small;
  fresh.given(at(0x10040), 24);
  Observed farther = small;
  farther.given(at(0x90000), 24);
  EXPECT_NE(counters_of(fresh), counters_of(farther));

  Observed soon = small;
  soon.freed(at(0x10000));
  soon.given(at(0x10000), 24);
  Observed late = small;
  late.freed(at(0x10000));
  for (std::uintptr_t other = 0; other < 100; ++other) late.freed(at(0x50000 + 16 * other));
  late.given(at(0x10000), 24);
  EXPECT_NE(counters_of(soon), counters_of(late));
}

TEST(Observed, TellsWhetherReallocMovedABlock) {
  Observed stayed;
  stayed.given(at(0x10000), 24);
  Observed moved = stayed;
  stayed.resized(at(0x10000), at(0x10000), 40);
  moved.resized(at(0x10000), at(0x20000), 40);
  EXPECT_NE(counters_of(stayed), counters_of(moved));
}

TEST(Observed, IsTheSameForTheSameAndCountsAtMost255) {
  Observed one;
  Observed two;
  for (std::uintptr_t number = 0; number < 1000; ++number) {
    one.given(at(0x10000 + 32 * number), 24);
    two.given(at(0x10000 + 32 * number), 24);
  }
  const auto counters = counters_of(one);
  EXPECT_EQ(counters, counters_of(two));
  EXPECT_EQ(*std::ranges::max_element(counters), 255);
  one.reset();
  EXPECT_EQ(counters_of(one), counters_of(Observed()));
}

TEST(Observed, TakesEverySizeAndAddress) {
  for (const std::uint64_t usable :
       {std::uint64_t{0}, std::uint64_t{15}, std::uint64_t{16}, ~std::uint64_t{0} >> 1U}) {
    for (const std::uintptr_t address : {std::uintptr_t{16}, ~std::uintptr_t{0} >> 1U}) {
      Observed observed;
      observed.given(at(address), usable);
      observed.resized(at(address), at(16), usable);
      const auto counters = counters_of(observed);
      EXPECT_GT(std::accumulate(counters.begin(), counters.end(), 0U), 0U);
    }
  }
}

}  // namespace
}  // namespace poolhammer::library
