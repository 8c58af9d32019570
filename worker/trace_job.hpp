#pragma once

#include <cstddef>
#include <span>

namespace poolhammer::library {

/// Runs one trace after the other on the library that the board in `memory` names, whenever the tool asks,
/// until it is killed. Returns only where the library is not there.
[[nodiscard]] int run_traces(std::span<std::byte> memory);

}  // namespace poolhammer::library
