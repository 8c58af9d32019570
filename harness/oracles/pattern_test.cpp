#include "harness/oracles/pattern.hpp"

#include <gtest/gtest.h>

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
