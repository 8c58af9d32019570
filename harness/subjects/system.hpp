#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "allocator/domains/choice.hpp"

namespace poolhammer {

/// The subjects that are memory systems on pools, by name.
inline constexpr std::array<std::string_view, 2> systems_on_pools = {"system:pymalloc",
                                                                     "system:pymalloc_debug"};

/// Those on the raw allocator alone.
inline constexpr std::array<std::string_view, 1> systems_on_raw = {"system:malloc_debug"};

/// All that this build has, at least one. Systems on pools are there only in a build that has pools: without
/// them, they would be accused of the pools' absence.
[[nodiscard]] inline std::vector<std::string_view> system_subjects() {
  std::vector<std::string_view> names;
  if (pymalloc::with_pools) names.assign(systems_on_pools.begin(), systems_on_pools.end());
  names.insert(names.end(), systems_on_raw.begin(), systems_on_raw.end());
  return names;
}

}  // namespace poolhammer
