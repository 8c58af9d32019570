// The heaps that are explored are made here, and nowhere else: a planted bug takes this file's place.
#include "harness/explore/home_universe.hpp"

namespace poolhammer {
namespace {

/// The tiny layout under the policies of CPython's earlier releases.
struct TinyTable : pymalloc::Tiny {
  static constexpr std::string_view name = "tiny-table";
  static constexpr pymalloc::AddressMapKind address_map = pymalloc::AddressMapKind::arena_table;
  static constexpr pymalloc::ArenaOrder arena_order = pymalloc::ArenaOrder::linear_slide;
  static constexpr bool keeps_last_arena = false;
};

using Explored = pymalloc::LayoutList<pymalloc::Tiny, TinyTable>;

template <pymalloc::Layout L>
[[nodiscard]] std::vector<std::uint32_t> sizes_of() {
  std::vector<std::uint32_t> sizes;
  for (std::uint32_t i = 0; i < pymalloc::Geometry<L>::classes; ++i)
    sizes.push_back(pymalloc::Geometry<L>::block_size(i));
  return sizes;
}

}  // namespace

std::span<const std::string_view> universe_layouts() {
  return Explored::names;
}

std::vector<std::uint32_t> class_sizes(std::string_view layout) {
  std::vector<std::uint32_t> sizes;
  Explored::each([&]<pymalloc::Layout L>() {
    if (layout == L::name) sizes = sizes_of<L>();
  });
  return sizes;
}

std::unique_ptr<Universe> make_universe(std::string_view layout, const UniverseOptions& options) {
  std::unique_ptr<Universe> universe;
  Explored::each([&]<pymalloc::Layout L>() {
    if (layout == L::name) universe = std::make_unique<HomeUniverse<L>>(options);
  });
  return universe;
}

}  // namespace poolhammer
