#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "allocator/layout.hpp"

namespace poolhammer {

/// The sizes that the programs of a universe ask for, in bytes. The other lists are indices into `sizes`.
struct Menu {
  std::vector<std::size_t> sizes;
  std::vector<std::uint8_t> malloc_sizes;
  std::vector<std::uint8_t> calloc_sizes;
  /// By the size class of the block; the last entry is for blocks of the raw allocator.
  std::vector<std::vector<std::uint8_t>> realloc_sizes;

  /// The menu for some classes of a layout, by their block sizes; all classes where none is named.
  /// - malloc: the smallest and the largest size of each class; calloc: the largest;
  /// - both: 0, the smallest size that no class serves, and one over PTRDIFF_MAX;
  /// - realloc of a pool block: its class, either side of the rule of three quarters, every other class, 0, a
  ///   raw size, and one over PTRDIFF_MAX; of a raw block: smaller, equal, larger and too large.
  template <pymalloc::Layout L>
  [[nodiscard]] static Menu of(std::span<const std::uint32_t> classes) {
    using Geo = pymalloc::Geometry<L>;
    constexpr std::size_t raw = L::small_request_threshold + 1;
    std::vector<std::size_t> blocks(classes.begin(), classes.end());
    for (std::uint32_t i = 0; i < Geo::classes && classes.empty(); ++i) blocks.push_back(Geo::block_size(i));
    Menu menu;
    for (const std::size_t block : blocks) {
      menu.malloc_sizes.push_back(menu.index_of(block));
      menu.calloc_sizes.push_back(menu.index_of(block));
      menu.malloc_sizes.push_back(menu.index_of(block - L::alignment + 1));
    }
    for (const std::size_t size : {std::size_t{0}, raw, too_large}) {
      menu.malloc_sizes.push_back(menu.index_of(size));
      menu.calloc_sizes.push_back(menu.index_of(size));
    }
    for (std::uint32_t size_class = 0; size_class < Geo::classes; ++size_class) {
      const std::size_t own = Geo::block_size(size_class);
      std::vector<std::size_t> sizes = {own, 3 * own / 4 + 1, 3 * own / 4, 0, raw, too_large};
      sizes.insert(sizes.end(), blocks.begin(), blocks.end());
      menu.add_realloc(sizes);
    }
    menu.add_realloc({blocks.front(), raw, 2 * raw, 0, too_large});
    return menu;
  }

 private:
  static constexpr std::size_t too_large = std::size_t{std::numeric_limits<std::ptrdiff_t>::max()} + 1;

  [[nodiscard]] std::uint8_t index_of(std::size_t size) {
    const auto found = std::find(sizes.begin(), sizes.end(), size);
    const auto index = static_cast<std::uint8_t>(found - sizes.begin());
    if (found == sizes.end()) sizes.push_back(size);
    return index;
  }
  void add_realloc(const std::vector<std::size_t>& wanted) {
    std::vector<std::uint8_t>& list = realloc_sizes.emplace_back();
    for (const std::size_t size : wanted) {
      const std::uint8_t index = index_of(size);
      if (std::find(list.begin(), list.end(), index) == list.end()) list.push_back(index);
    }
  }
};

}  // namespace poolhammer
