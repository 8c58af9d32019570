#pragma once

#include <string_view>

#include "allocator/invariants/violation.hpp"

namespace poolhammer {

/// Reads the place that a finding names: "arena 0, pool 3, class 2, block 5, at 0x200000003040", any part of
/// which may be missing. What else the words say is passed over, so that a place without any known part is
/// nowhere.
[[nodiscard]] pymalloc::Location location_in(std::string_view words);

}  // namespace poolhammer
