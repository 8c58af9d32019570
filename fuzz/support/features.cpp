#include "fuzz/support/features.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "fuzz/support/state_ranges.hpp"
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
