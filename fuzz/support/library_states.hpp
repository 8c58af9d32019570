#pragma once

#include <cstdint>
#include <span>

namespace poolhammer::fuzz {

/// As note_states(), for a library in another process: what can be seen of it from outside, and the edges
/// that it took where it is instrumented.
void note_library_states(std::span<const std::uint8_t> features, std::span<const std::uint8_t> coverage);

}  // namespace poolhammer::fuzz
