#include "harness/oracles/pattern.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace poolhammer {
namespace {

TEST(Pattern, IsWhatItsBytesSayForEverySize) {
  const std::uint64_t pattern = pattern_of(7);
  for (std::size_t size = 0; size < 70; ++size) {
    std::vector<std::byte> bytes(size + 1, std::byte{0x5A});
    write_pattern(std::span(bytes).first(size), pattern);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(bytes[i], pattern_byte(pattern, i)) << size << " " << i;
    EXPECT_EQ(bytes[size], std::byte{0x5A}) << "written behind a block of " << size;
    EXPECT_EQ(find_damage(std::span(bytes).first(size), pattern), std::nullopt) << size;
  }
}

TEST(Pattern, ShowsTheFirstByteThatWasChanged) {
  constexpr std::size_t size = 21;
  std::vector<std::byte> bytes(size);
  for (std::size_t at = 0; at < size; ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      write_pattern(bytes, pattern_of(3));
      bytes[at] ^= static_cast<std::byte>(flip);
      bytes[size - 1] =
          static_cast<std::byte>(~std::to_integer<unsigned>(pattern_byte(pattern_of(3), size - 1)));
      EXPECT_EQ(find_damage(bytes, pattern_of(3)), at) << flip;
    }
  }
}

TEST(Pattern, OfALargeBlockWritesItsEndsAndPagesBetweenAndLooksThere) {
  constexpr std::size_t size = wholly_touched + (wholly_touched / 2) + 3;
  constexpr std::size_t stride = wholly_touched / 4;
  std::vector<std::byte> bytes(size);
  write_pattern(bytes, pattern_of(3));
  const auto written = [&](std::size_t at) { return bytes[at] == pattern_byte(pattern_of(3), at); };
  const std::size_t last = size - 1;
  for (const std::size_t at :
       {std::size_t{0}, std::size_t{65'535}, stride - 4096, stride, 4 * stride, last}) {
    EXPECT_TRUE(written(at)) << at;
    bytes[at] ^= std::byte{1};
    EXPECT_EQ(find_damage(bytes, pattern_of(3)), at);
    bytes[at] ^= std::byte{1};
  }
  EXPECT_EQ(find_damage(bytes, pattern_of(3)), std::nullopt);
  const auto touched = static_cast<std::size_t>(
      std::ranges::count_if(bytes, [](std::byte byte) { return byte != std::byte{0}; }));
  EXPECT_LT(touched, std::size_t{256} << 10U) << "the rest takes no memory";
  EXPECT_EQ(find_nonzero(bytes), 0U);
  EXPECT_EQ(touched_bytes(size), wholly_touched);
  EXPECT_EQ(touched_bytes(100), 100U);
}

TEST(Pattern, DiffersFromBlockToBlockAndFromPlaceToPlace) {
  std::set<std::uint64_t> words;
  constexpr std::uint64_t blocks = 200;
  constexpr std::size_t words_each = 100;
  for (std::uint64_t block = 0; block < blocks; ++block) {
    for (std::size_t i = 0; i < words_each; ++i) words.insert(pattern_word(pattern_of(block), i));
  }
  EXPECT_EQ(words.size(), blocks * words_each);
  EXPECT_FALSE(words.contains(0));
}

TEST(Zeroes, ShowTheFirstByteThatIsNone) {
  std::vector<std::byte> bytes(19);
  EXPECT_EQ(find_nonzero(bytes), std::nullopt);
  EXPECT_EQ(find_nonzero({}), std::nullopt);
  bytes[18] = std::byte{1};
  EXPECT_EQ(find_nonzero(bytes), 18U);
  bytes[4] = std::byte{0x80};
  EXPECT_EQ(find_nonzero(bytes), 4U);
}

}  // namespace
}  // namespace poolhammer
