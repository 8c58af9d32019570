#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// One step of an exploration: an operation on a universe, in few bytes, because every state keeps the step
/// that led to it.
struct Step {
  OperationKind kind = OperationKind::malloc;  ///< malloc, calloc, realloc or free
  std::uint8_t slot = 0;                       ///< the block; for malloc and calloc the slot that it goes to
  std::uint8_t size = 0;                       ///< which of the universe's sizes
  std::uint8_t refusals = 0;                   ///< by arena_refused and raw_refused, below

  friend bool operator==(const Step&, const Step&) = default;

  /// The arena source refuses the next request.
  static constexpr std::uint8_t arena_refused = 1;
  /// What the raw allocator refuses counts in steps of this.
  static constexpr std::uint8_t raw_refused = 2;

  [[nodiscard]] std::uint32_t refused_arenas() const { return refusals % raw_refused; }
  [[nodiscard]] std::uint32_t refused_raw() const { return refusals / raw_refused; }
};

}  // namespace poolhammer
