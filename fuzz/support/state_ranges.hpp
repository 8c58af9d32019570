#pragma once

#include <bit>
#include <cstdint>

namespace poolhammer::fuzz {

/// The bit of the range that a count above 0 is in: 1, 2, 3, 4..7, 8..15, 16..31, 32..127, 128 and more.
[[nodiscard]] constexpr std::uint8_t range_bit(std::uint8_t count) {
  if (count <= 3) return static_cast<std::uint8_t>(1U << (count - 1U));
  if (count < 32) return static_cast<std::uint8_t>(1U << std::bit_width(count));
  return count < 128 ? 1U << 6U : 1U << 7U;
}
static_assert(range_bit(1) == 1 && range_bit(3) == 4 && range_bit(4) == 8 && range_bit(7) == 8 &&
              range_bit(8) == 16 && range_bit(31) == 32 && range_bit(32) == 64 && range_bit(255) == 128);

}  // namespace poolhammer::fuzz
