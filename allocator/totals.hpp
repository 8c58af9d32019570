#pragma once

#include <cstdint>

namespace pymalloc {

/// What a heap holds now, kept up to date by every operation.
/// The two that every operation changes are apart: side by side, malloc would add to both in one vector
/// instruction, whose load waits for the two narrower stores of the free before it.
struct Totals {
  std::uint64_t blocks = 0;  ///< blocks given out from pools
  std::uint64_t pools = 0;   ///< pools that are used or full
  std::uint64_t bytes = 0;   ///< the sum of the block sizes of `blocks`
  std::uint64_t arenas = 0;

  friend bool operator==(const Totals&, const Totals&) = default;
};

}  // namespace pymalloc
