#pragma once

#include <span>
#include <string>

#include "fuzz/support/target.hpp"

namespace poolhammer::fuzz {

/// All that a script needs to know of a target, as one JSON object on several lines: see docs/engines.md.
[[nodiscard]] std::string description_of(const Target& of);

/// Where --describe is among the arguments of the program: prints the description of its target, and ends the
/// process with status 0, or 2 where it cannot be written.
void describe_if_asked(std::span<char* const> arguments);

}  // namespace poolhammer::fuzz
