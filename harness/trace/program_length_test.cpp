#include "harness/trace/program_length.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <map>
#include <vector>

namespace poolhammer {
namespace {

std::vector<std::size_t> drawn(std::size_t programs, std::size_t longest) {
  Random random(1);
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < programs; ++i) lengths.push_back(draw_length(random, longest));
  return lengths;
}

TEST(ProgramLength, HasEveryOrderOfMagnitude) {
  std::map<std::size_t, std::size_t> programs;  // by the power of two at or below their length
  for (const std::size_t length : drawn(20000, longest_program)) ++programs[std::bit_floor(length)];
  EXPECT_EQ(programs.begin()->first, 128U);
  EXPECT_EQ(programs.rbegin()->first, longest_long);
  for (const auto& [power, count] : programs) EXPECT_GT(count, power < longest_short ? 3000U : 100U) << power;
  EXPECT_EQ(programs.size(), 11U);
}

TEST(ProgramLength, IsShortMostOfTheTime) {
  const auto lengths = drawn(20000, longest_program);
  const auto at_least = [&](std::size_t least) {
    return std::ranges::count_if(lengths, [least](std::size_t length) { return length >= least; });
  };
  EXPECT_NEAR(static_cast<double>(at_least(longest_short)), 20000.0 / 16, 200);
  EXPECT_NEAR(static_cast<double>(at_least(longest_long)), 20000.0 / 128, 40);
}

TEST(ProgramLength, IsAtMostTheLongest) {
  for (const std::size_t longest : {longest_short, longest_long})
    EXPECT_EQ(std::ranges::max(drawn(20000, longest)), longest);
}

}  // namespace
}  // namespace poolhammer
