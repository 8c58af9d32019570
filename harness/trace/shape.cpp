#include "harness/trace/shape.hpp"

#include "allocator/layout.hpp"

namespace poolhammer {
namespace {

template <pymalloc::Layout L>
constexpr LayoutShape shape() {
  using Geometry = pymalloc::Geometry<L>;
  return {L::alignment, L::small_request_threshold, L::pool_size, Geometry::overhead,
          Geometry::pools_per_arena};
}

}  // namespace

LayoutShape shape_of(LayoutId layout) {
  switch (layout) {
    case LayoutId::classic:
      return shape<pymalloc::Classic>();
    case LayoutId::aligned16:
      return shape<pymalloc::Aligned16>();
    case LayoutId::modern:
      return shape<pymalloc::Modern>();
    case LayoutId::tiny:
      return shape<pymalloc::Tiny>();
  }
  return shape<pymalloc::Classic>();
}

}  // namespace poolhammer
