#include "harness/trace/program_length.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace poolhammer {
namespace {

constexpr std::size_t shortest_program = std::size_t{1} << 7U;
constexpr std::uint64_t one_long_in = 16;
constexpr std::uint64_t one_very_long_in = 128;

/// From `least` to one less than `most`, both powers of two.
[[nodiscard]] std::size_t draw_between(std::size_t least, std::size_t most, Random& random) {
  const auto powers = static_cast<std::uint64_t>(std::countr_zero(most) - std::countr_zero(least));
  const std::size_t power = least << random.below(powers);
  return power + static_cast<std::size_t>(random.below(power));
}

}  // namespace

std::size_t draw_length(Random& random, std::size_t longest) {
  const std::uint64_t kind = random.below(one_very_long_in);
  std::size_t length = 0;
  if (kind == 0) {
    length = draw_between(longest_long, longest_program, random);
  } else if (kind < one_very_long_in / one_long_in) {
    length = draw_between(longest_short, longest_long, random);
  } else {
    length = draw_between(shortest_program, longest_short, random);
  }
  // What would be too long is as long as may be.
  return std::min(length, longest);
}

}  // namespace poolhammer
