#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "allocator/placement.hpp"
#include "harness/base/random.hpp"
#include "harness/trace/trace.hpp"

namespace poolhammer {

/// Which requests the world below the heap refuses now and then.
enum class Failures : std::uint8_t { any, none, arenas, raw, both };

inline constexpr std::array<std::string_view, 5> failures_words = {"any", "none", "arenas", "raw", "both"};

[[nodiscard]] constexpr std::optional<Failures> failures_named(std::string_view name) {
  for (std::size_t i = 0; i < failures_words.size(); ++i) {
    if (failures_words[i] == name) return static_cast<Failures>(i);
  }
  return std::nullopt;
}

/// What a random program's commands to the world are replaced by. Left as it is, a program keeps its own.
struct WorldPlan {
  std::optional<pymalloc::Placement> placement;  ///< of every arena
  Failures failures = Failures::any;
};

/// Makes `trace` follow the plan: its own commands of a kind that the plan fixes are dropped, a placement
/// comes first, and refusals come about every fortieth operation.
void apply(const WorldPlan& plan, Trace& trace, Random& random);

}  // namespace poolhammer
