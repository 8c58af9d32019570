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
  touching = 5,    ///< misaligned, and eight in a row each begin where the one before ends
  guarded = 6,     ///< no memory before and behind an arena, nor where one was that is released
  dirty = 7,       ///< not zero: bytes of others at first, then what the arena held in its former life
  beside_raw = 8,  ///< blocks of the raw allocator right before and right behind, every second misaligned
};

inline constexpr std::uint8_t placements = 9;

inline constexpr std::array<Placement, placements> all_placements = [] {
  std::array<Placement, placements> all{};
  for (std::uint8_t i = 0; i < placements; ++i) all[i] = static_cast<Placement>(i);
  return all;
}();

inline constexpr std::array<std::string_view, placements> placement_words = {
    "up", "down", "scattered", "misaligned", "adjacent", "touching", "guarded", "dirty", "beside_raw"};

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
