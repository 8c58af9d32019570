#include "fuzz/support/library_states.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "fuzz/support/state_ranges.hpp"
#include "fuzz/support/tally.hpp"
#include "harness/library/board.hpp"

namespace poolhammer::fuzz {
namespace {

constexpr std::size_t most_features = 1024;

using Counters = std::array<std::uint8_t, most_features + library::most_coverage>;

// libFuzzer looks for this section and sets it to zero before every execution.
#if defined(__clang__) && defined(__linux__)
__attribute__((used, section("__libfuzzer_extra_counters")))
#endif
Counters library_counters = {};

Counters seen = {};  ///< of each counter, a bit for every range it was in

void note(std::span<const std::uint8_t> counts, std::size_t first) {
  const std::size_t size = std::min(counts.size(), library_counters.size() - first);
  for (std::size_t i = 0; i < size; ++i) {
    library_counters[first + i] = counts[i];
    if (counts[i] == 0) continue;
    const std::uint8_t bit = range_bit(counts[i]);
    if ((seen[first + i] & bit) != 0) continue;
    seen[first + i] = static_cast<std::uint8_t>(seen[first + i] | bit);
    ++tally().states;
  }
}

}  // namespace

void note_library_states(std::span<const std::uint8_t> features, std::span<const std::uint8_t> coverage) {
  note(features.first(std::min(features.size(), most_features)), 0);
  note(coverage, most_features);
}

}  // namespace poolhammer::fuzz
