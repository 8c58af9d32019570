#pragma once

#include <array>
#include <span>
#include <string>

#include "harness/library/board.hpp"

namespace poolhammer::library {

/// What a worker looks at for the oracles of these ids, by Seen; for none: everything. Oracles that look at
/// no byte of a block want nothing.
[[nodiscard]] std::array<bool, seen_kinds> looks_for(std::span<const std::string> only);

}  // namespace poolhammer::library
