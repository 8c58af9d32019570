#pragma once

#include <cstddef>

#include "harness/base/random.hpp"

namespace poolhammer {

/// Random programs have lengths of every order of magnitude. Most are short: what a short program reaches is
/// reached most often by many of them. A fixed share is long, for what takes many arenas or a counter of
/// eight bits to show, and a smaller one so long that a counter of sixteen bits wraps while half of it is
/// filling.
inline constexpr std::size_t longest_short = std::size_t{1} << 12U;
inline constexpr std::size_t longest_long = std::size_t{1} << 17U;
inline constexpr std::size_t longest_program = std::size_t{1} << 18U;

/// Operations of a random program, at most `longest`, which is longest_short at least: each power of two of
/// its kind is as likely as another.
[[nodiscard]] std::size_t draw_length(Random& random, std::size_t longest = longest_program);

}  // namespace poolhammer
