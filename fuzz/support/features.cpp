#include "fuzz/support/features.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/support/tally.hpp"

namespace poolhammer::fuzz {
namespace {

/// Enough for the layout with the most size classes; a subject that has more loses the last ones.
constexpr std::size_t counters_per_layout = 512;
using Row = std::array<std::uint8_t, counters_per_layout>;

// libFuzzer looks for this section and sets it to zero before every execution.
#if defined(__clang__) && defined(__linux__)
__attribute__((used, section("__libfuzzer_extra_counters")))
#endif
std::array<Row, layouts>
    extra_counters = {};

std::array<Row, layouts> seen = {};  ///< of each counter, a bit for every range it was in

/// The bit of the range that a count above 0 is in.
constexpr std::uint8_t range_bit(std::uint8_t count) {
  if (count <= 3) return static_cast<std::uint8_t>(1U << (count - 1U));
  if (count < 32) return static_cast<std::uint8_t>(1U << std::bit_width(count));
  return count < 128 ? 1U << 6U : 1U << 7U;
}
static_assert(range_bit(1) == 1 && range_bit(3) == 4 && range_bit(4) == 8 && range_bit(7) == 8 &&
              range_bit(8) == 16 && range_bit(31) == 32 && range_bit(32) == 64 && range_bit(255) == 128);

}  // namespace

void note_states(LayoutId layout, const Subject& subject) {
  Row& counters = extra_counters[static_cast<std::size_t>(layout)];
  Row& known = seen[static_cast<std::size_t>(layout)];
  const std::size_t written = subject.features(counters);
  for (std::size_t i = 0; i < written; ++i) {
    if (counters[i] == 0) continue;
    const std::uint8_t bit = range_bit(counters[i]);
    if ((known[i] & bit) != 0) continue;
    known[i] = static_cast<std::uint8_t>(known[i] | bit);
    ++tally().states;
  }
}

}  // namespace poolhammer::fuzz
