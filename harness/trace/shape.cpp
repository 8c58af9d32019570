#include "harness/trace/shape.hpp"

#include <array>

#include "allocator/layout.hpp"

namespace poolhammer {
namespace {

template <pymalloc::Layout L>
constexpr LayoutShape shape() {
  using Geometry = pymalloc::Geometry<L>;
  return {L::alignment, L::small_request_threshold, L::pool_size, Geometry::overhead,
          Geometry::pools_per_arena};
}

template <pymalloc::Layout... L>
constexpr std::array<LayoutShape, sizeof...(L)> shapes_of(pymalloc::LayoutList<L...> /*list*/) {
  return {shape<L>()...};
}

constexpr std::array<LayoutShape, layouts> shapes = shapes_of(pymalloc::Layouts());

}  // namespace

LayoutShape shape_of(LayoutId layout) {
  return shapes[static_cast<std::size_t>(layout)];
}

}  // namespace poolhammer
