#pragma once

#include <algorithm>
#include <span>

#include "harness/trace/operation.hpp"

namespace poolhammer::contract {

/// Whether threads run at the same time in the program, which may do otherwise each time: what it shows once
/// need not show again.
[[nodiscard]] inline bool races(std::span<const Operation> program) {
  return std::ranges::any_of(program, [](const Operation& operation) { return has_crowd(operation.kind); });
}

}  // namespace poolhammer::contract
