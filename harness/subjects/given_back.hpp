#pragma once

#include <optional>
#include <string>

#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"

namespace poolhammer {

/// What a heap gave back that it should not have, or not so, in words; nothing where all was well.
[[nodiscard]] inline std::optional<std::string> wrongly_given_back(const pymalloc::RegionArenaSource& arenas,
                                                                   const pymalloc::RegionRaw& raw) {
  if (arenas.wrong_releases() != 0) return "an arena released that was not live, or with a wrong size";
  if (arenas.poisoned_releases() != 0) return "an arena released with bytes that nobody may touch";
  if (raw.wrong_frees() != 0) return "a free or realloc by the raw allocator of what is no live block of it";
  return std::nullopt;
}

}  // namespace poolhammer
