#include <algorithm>
#include <array>
#include <functional>
#include <utility>
#include <vector>

#include "harness/run/search.hpp"
#include "harness/run/simplicity.hpp"

namespace poolhammer::simplify {
namespace {

// Of so few sizes all assignments are tried: 5 to the power of 4.
constexpr std::size_t few = 4;

using Sizes = std::vector<std::uint64_t>;

[[nodiscard]] Sizes sizes_of(const std::vector<Operation>& operations) {
  Sizes sizes;
  for (const Operation& operation : operations) {
    if (has_bytes(operation)) sizes.push_back(operation.size);
  }
  return sizes;
}

/// The hardest size counts first, then the next hardest; of the same sizes, their order. Whatever makes one
/// of them simpler makes this less.
using Measure = std::pair<std::vector<Simplicity>, std::vector<Simplicity>>;

[[nodiscard]] Measure measure(const Sizes& sizes, const LayoutShape& shape) {
  std::vector<Simplicity> in_order;
  for (const std::uint64_t size : sizes) in_order.push_back(simplicity(size, shape));
  std::vector<Simplicity> hardest_first = in_order;
  std::sort(hardest_first.begin(), hardest_first.end(), std::greater<>());
  return {std::move(hardest_first), std::move(in_order)};
}

/// All assignments of the simplest sizes, the simplest first.
[[nodiscard]] std::vector<Sizes> assignments(std::size_t count, const LayoutShape& shape) {
  const std::array<std::uint64_t, 5> palette = {1, shape.step, 2 * shape.step, 3 * shape.step,
                                                shape.largest + 1};
  std::vector<Sizes> all = {{}};
  for (std::size_t place = 0; place < count; ++place) {
    std::vector<Sizes> longer;
    for (const Sizes& sizes : all) {
      for (const std::uint64_t size : palette) {
        longer.push_back(sizes);
        longer.back().push_back(size);
      }
    }
    all = std::move(longer);
  }
  std::sort(all.begin(), all.end(), [&](const Sizes& left, const Sizes& right) {
    return measure(left, shape) < measure(right, shape);
  });
  return all;
}

[[nodiscard]] Trace with_sizes(const Trace& trace, const Sizes& sizes, LayoutId layout) {
  Trace changed{layout, trace.operations};
  std::size_t next = 0;
  for (Operation& operation : changed.operations) {
    if (has_bytes(operation)) operation.size = sizes[next++];
  }
  return changed;
}

/// The first of all assignments that shows the finding, up to `limit`.
void first_of_all(MinimizeSearch& search, LayoutId layout, const Measure* limit) {
  const LayoutShape shape = shape_of(layout);
  for (const Sizes& sizes : assignments(sizes_of(search.operations()).size(), shape)) {
    if (search.stopped() || (limit != nullptr && measure(sizes, shape) >= *limit)) return;
    if (search.attempt(with_sizes(search.best(), sizes, layout))) return;
  }
}

}  // namespace

void few_sizes(MinimizeSearch& search, bool any_layout) {
  const Sizes present = sizes_of(search.operations());
  if (present.empty() || present.size() > few) return;
  if (any_layout && search.best().layout != LayoutId::tiny) {
    first_of_all(search, LayoutId::tiny, nullptr);
    return;
  }
  const Measure limit = measure(present, shape_of(search.best().layout));
  first_of_all(search, search.best().layout, &limit);
}

}  // namespace poolhammer::simplify
