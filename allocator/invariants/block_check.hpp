#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "allocator/invariants/violation.hpp"

namespace pymalloc {

/// The name under which check_block reports. Not in the catalogue, which is about a heap between two calls:
/// where blocks begin in a pool is a number of the layout, by which check() itself finds them.
inline constexpr std::string_view block_alignment = "block.alignment";

/// What a client relies on in a block that it was just given, and no walk over the heap can see: its address
/// is a multiple of `alignment` bytes, a power of two. Null is no block and always well. Cheap enough for
/// every request.
[[nodiscard]] inline std::optional<Violation> check_block(const void* block, std::size_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t excess = address & (alignment - 1);
  if (excess == 0) [[likely]]
    return std::nullopt;
  Location where;
  where.address = address;
  return Violation{block_alignment, where, "a multiple of " + std::to_string(alignment),
                   std::to_string(excess) + " bytes more"};
}

}  // namespace pymalloc
