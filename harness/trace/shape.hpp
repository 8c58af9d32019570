#pragma once

#include <cstddef>
#include <cstdint>

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The numbers of a layout that a writer of programs steers by; sizes in bytes.
struct LayoutShape {
  std::uint64_t step = 0;     ///< between one size class and the next; the smallest class
  std::uint64_t largest = 0;  ///< the largest request that a pool serves
  std::uint64_t pool_bytes = 0;
  std::uint64_t header_bytes = 0;  ///< of a pool, before its first block
  std::uint64_t pools_per_arena = 0;

  [[nodiscard]] constexpr std::uint64_t classes() const { return largest / step; }
  /// The smallest class that holds `size` bytes. Precondition: 1 <= size <= largest.
  [[nodiscard]] constexpr std::uint64_t class_size(std::uint64_t size) const {
    return (size + step - 1) / step * step;
  }
  /// Blocks that fit a pool of the class that serves `size`; 1 where no pool serves it.
  [[nodiscard]] constexpr std::size_t pool_capacity(std::uint64_t size) const {
    if (size == 0) size = 1;
    if (size > largest) return 1;
    return static_cast<std::size_t>((pool_bytes - header_bytes) / class_size(size));
  }
  /// Blocks that fit an arena where all are of the class that serves `size`.
  [[nodiscard]] constexpr std::size_t arena_capacity(std::uint64_t size) const {
    return pool_capacity(size) * static_cast<std::size_t>(pools_per_arena);
  }
};

/// The numbers of `layout`, as the allocator itself has them.
[[nodiscard]] LayoutShape shape_of(LayoutId layout);

}  // namespace poolhammer
