#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pymalloc {

/// Where a region source puts the arenas it is asked for. The numbers are part of the trace format.
enum class Placement : std::uint8_t {
  up = 0,          ///< ascending addresses, a gap of one arena between neighbours
  down = 1,        ///< descending addresses, a gap of one arena between neighbours
  scattered = 2,   ///< far apart, in no order of address
  misaligned = 3,  ///< not on a pool boundary, and across the radix tree's own boundaries
  adjacent = 4,    ///< ascending, each arena begins where the one before it ends
};

inline constexpr std::uint8_t placements = 5;

inline constexpr std::array<std::string_view, placements> placement_words = {"up", "down", "scattered",
                                                                             "misaligned", "adjacent"};

[[nodiscard]] constexpr std::string_view word(Placement placement) {
  return placement_words[static_cast<std::size_t>(placement)];
}

/// The placement that a word of placement_words names.
[[nodiscard]] constexpr std::optional<Placement> placement_named(std::string_view name) {
  for (std::uint8_t i = 0; i < placements; ++i) {
    if (placement_words[i] == name) return static_cast<Placement>(i);
  }
  return std::nullopt;
}

}  // namespace pymalloc
