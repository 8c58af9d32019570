#pragma once

#include <algorithm>
#include <cstdint>

#include "harness/trace/operation.hpp"

namespace poolhammer::act_bounds {

// What one act may ask for: any bytes are a program, and each must come to its end. A larger number is taken
// for the bound.

inline constexpr std::uint64_t threads = 256;     ///< of a crowd
inline constexpr std::uint64_t blocks = 100'000;  ///< of all threads of a crowd together
inline constexpr std::uint64_t children = 200;    ///< that a crowd forks
inline constexpr std::uint64_t generations = 16'384;
/// Threads that follow each other where one of a crowd would be: the first, its heir, and so on. No bound.
inline constexpr std::uint64_t in_turn = 16;

inline constexpr std::uint64_t held = 20'000;  ///< blocks of one exhaust in this process, each judged

/// How many blocks each thread of a crowd takes.
[[nodiscard]] constexpr std::uint64_t blocks_of_each(std::uint64_t asked, std::uint64_t members) {
  return std::min(asked, blocks / std::clamp<std::uint64_t>(members, 1, threads));
}

/// How often exhaust or recycle takes a block; once at least, where it is asked for.
[[nodiscard]] constexpr std::uint64_t times(const Operation& operation) {
  constexpr std::uint64_t most = std::uint64_t{1} << 20U;
  constexpr std::uint64_t bytes_held = std::uint64_t{512} << 20U;
  constexpr std::uint64_t bytes_recycled = std::uint64_t{16} << 30U;
  const std::uint64_t bytes = operation.kind == OperationKind::exhaust ? bytes_held : bytes_recycled;
  const std::uint64_t fitting =
      std::max<std::uint64_t>(1, bytes / std::max<std::uint64_t>(operation.size, 1));
  return std::min({operation.count, most, fitting});
}

}  // namespace poolhammer::act_bounds
