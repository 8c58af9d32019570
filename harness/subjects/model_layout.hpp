#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "allocator/layout.hpp"

namespace poolhammer {

/// The numbers of a layout, in bytes where a size is meant: all that the exact model takes from the
/// allocator.
struct ModelLayout {
  std::string_view name;
  std::size_t alignment = 0;  ///< of blocks; the smallest block
  std::size_t small_request_threshold = 0;
  std::size_t pool_size = 0;
  std::size_t arena_size = 0;
  std::uint32_t initial_arena_objects = 0;
  bool has_nfp2lasta = false;
  bool keeps_last_arena = false;
  std::vector<unsigned> radix_bits;  ///< of each level from the root on; empty for a layout without a tree

  [[nodiscard]] std::size_t classes() const { return small_request_threshold / alignment; }
  [[nodiscard]] std::size_t pools_per_arena() const { return arena_size / pool_size; }
  [[nodiscard]] std::size_t block_size(std::size_t size_class) const { return (size_class + 1) * alignment; }
  /// Bytes before the first block: a header of 48, rounded up to the alignment.
  [[nodiscard]] std::size_t overhead() const { return (48 + alignment - 1) / alignment * alignment; }
  [[nodiscard]] std::size_t capacity(std::size_t size_class) const {
    return (pool_size - overhead()) / block_size(size_class);
  }
};

/// The numbers of the layout L.
template <pymalloc::Layout L>
[[nodiscard]] ModelLayout model_layout() {
  ModelLayout layout{.name = L::name,
                     .alignment = L::alignment,
                     .small_request_threshold = L::small_request_threshold,
                     .pool_size = L::pool_size,
                     .arena_size = L::arena_size,
                     .initial_arena_objects = L::initial_arena_objects,
                     .has_nfp2lasta = L::arena_order == pymalloc::ArenaOrder::constant_time,
                     .keeps_last_arena = L::keeps_last_arena,
                     .radix_bits = {}};
  if constexpr (L::address_map == pymalloc::AddressMapKind::radix_tree)
    layout.radix_bits.assign(L::radix_bits.begin(), L::radix_bits.end());
  return layout;
}

}  // namespace poolhammer
