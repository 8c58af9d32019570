#pragma once

#include <bit>
#include <cstdint>
#include <utility>

#include "harness/trace/operation.hpp"
#include "harness/trace/shape.hpp"

namespace poolhammer {

/// How simple a size is: 1, then the ends of size classes and the first size above them all, then powers of
/// two, then the others; of two alike the smaller one.
using Simplicity = std::pair<int, std::uint64_t>;  // the kind, the size

[[nodiscard]] constexpr Simplicity simplicity(std::uint64_t size, const LayoutShape& shape) {
  const bool ends_class = size > 0 && size <= shape.largest && size % shape.step == 0;
  if (size == 1) return {0, size};
  if (ends_class || size == shape.largest + 1) return {1, size};
  return {std::has_single_bit(size) ? 2 : 3, size};
}

/// Whether the size of an operation is one of a block.
[[nodiscard]] constexpr bool has_bytes(const Operation& operation) {
  return allocates(operation.kind);
}

}  // namespace poolhammer
