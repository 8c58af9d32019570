#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "harness/trace/operation.hpp"
#include "harness/trace/shape.hpp"

namespace poolhammer {

/// How simple a size is: 1, then the ends of size classes and the first size above them all, then powers of
/// two, then what lies next to one, then the others by how many of their decimal digits are needed (16000
/// needs two); of two alike the smaller one.
using Simplicity = std::pair<int, std::uint64_t>;  // the kind, the size

/// Decimal digits without the zeros at the end: 2 of 16000. 0 of 0.
[[nodiscard]] constexpr int needed_digits(std::uint64_t number) {
  while (number != 0 && number % 10 == 0) number /= 10;
  int digits = 0;
  for (; number != 0; number /= 10) ++digits;
  return digits;
}

/// 2 to the power of something, and one more or less.
[[nodiscard]] constexpr bool is_next_to_power(std::uint64_t number) {
  return std::has_single_bit(number - 1) || std::has_single_bit(number + 1) || number + 1 == 0;
}

/// Whether no machine has so many bytes.
[[nodiscard]] constexpr bool is_refused(std::uint64_t size) {
  return size >= std::uint64_t{1} << 40U;
}

/// Whether a smaller number may become this one, so that a minimisation brings no machine into need: blocks
/// between any machine's and no machine's may be granted, and an allocator may write to all of them.
[[nodiscard]] constexpr bool may_grow_to(std::uint64_t size) {
  constexpr std::uint64_t any_machine_has = std::uint64_t{64} << 20U;
  return size <= any_machine_has || is_refused(size);
}

[[nodiscard]] constexpr Simplicity simplicity(std::uint64_t size, const LayoutShape& shape) {
  const bool ends_class = size > 0 && size <= shape.largest && size % shape.step == 0;
  if (size == 1) return {0, size};
  if (ends_class || size == shape.largest + 1) return {1, size};
  if (std::has_single_bit(size)) return {2, size};
  if (is_next_to_power(size)) return {3, size};
  return {3 + needed_digits(size), size};
}

/// Whether the size of an operation is one of a block.
[[nodiscard]] constexpr bool has_bytes(const Operation& operation) {
  return allocates(operation.kind);
}

/// The request for so many bytes in one element.
[[nodiscard]] inline Operation with_bytes(Operation operation, std::uint64_t bytes) {
  operation.count = 1;
  operation.size = bytes;
  return canonical(operation);
}

/// Fewer blocks than these are shown one by one, and not as an act of the client that takes them.
inline constexpr std::size_t many_blocks = 12;

/// Whether it has a size that may be made simpler: of a block, or of those that an act of the client takes.
[[nodiscard]] constexpr bool takes_bytes(const Operation& operation) {
  return has_bytes(operation) || operation.kind == OperationKind::exhaust ||
         operation.kind == OperationKind::recycle;
}

}  // namespace poolhammer
