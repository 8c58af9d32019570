#include "harness/trace/sizes.hpp"

#include <limits>
#include <numeric>

namespace poolhammer {
namespace {

constexpr std::uint64_t ptrdiff_max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t size_max = std::numeric_limits<std::uint64_t>::max();

}  // namespace

std::uint64_t any_class(const LayoutShape& shape, Random& random) {
  return (random.below(shape.classes()) + 1) * shape.step;
}

std::optional<std::uint64_t> class_that_fills_an_arena(const LayoutShape& shape, std::size_t blocks,
                                                       Random& random) {
  // The larger the blocks, the fewer an arena holds.
  std::uint64_t choices = 0;
  while (choices < shape.classes() && shape.arena_capacity(shape.largest - choices * shape.step) <= blocks)
    ++choices;
  if (choices == 0) return std::nullopt;
  return shape.largest - random.below(choices) * shape.step;
}

std::uint64_t class_edge(const LayoutShape& shape, Random& random) {
  const std::uint64_t edge = random.below(shape.classes() + 1) * shape.step;
  const std::uint64_t size = edge + random.below(3);
  return size > 0 ? size - 1 : 0;
}

std::uint64_t shrink_edge(const LayoutShape& shape, Random& random) {
  const std::uint64_t edge = any_class(shape, random) / 4 * 3;
  return edge - 1 + random.below(3);
}

std::uint64_t huge_edge(Random& random) {
  const std::uint64_t distance =
      random.chance(1, 2) ? random.below(4) : random.below(std::uint64_t{64} << 10U);
  switch (random.below(3)) {
    case 0:
      return ptrdiff_max + 1 + distance;
    case 1:
      return ptrdiff_max - distance;
    default:
      return size_max - distance;
  }
}

CallocRequest split_for_calloc(std::uint64_t total, Random& random) {
  const std::uint64_t number = 1 + random.below(512);
  if (total == 0) return random.chance(1, 2) ? CallocRequest{0, number} : CallocRequest{1, 0};
  // A common divisor keeps the product, and so the size class, what was asked for.
  return {std::gcd(number, total), total / std::gcd(number, total)};
}

CallocRequest overflowing_calloc(Random& random) {
  // count * size = 2^64 + excess: without a guard the product comes out as the excess.
  const std::uint64_t bits = 1 + random.below(63);
  const std::uint64_t count = std::uint64_t{1} << bits;
  const std::uint64_t excess = random.below(9);
  const std::uint64_t size = (std::uint64_t{1} << (64 - bits)) + excess;
  // Either may be the larger one.
  return excess % 2 == 0 ? CallocRequest{count, size} : CallocRequest{size, count};
}

std::uint64_t wide_edge(const LayoutShape& shape, Random& random) {
  constexpr std::uint64_t two_to_32 = std::uint64_t{1} << 32U;
  const std::uint64_t small = random.below(shape.largest + 2);
  switch (random.below(5)) {
    case 0:
      return two_to_32 - 1 - random.below(4);
    case 1:
      return two_to_32 / 2 + small;
    case 2:
      return two_to_32 + random.below(largest_grantable_request);
    case 3:
      return (two_to_32 << random.below(31)) + small;
    default:
      return two_to_32 + small;
  }
}

CallocRequest wide_calloc(const LayoutShape& shape, Random& random) {
  constexpr unsigned ptrdiff_bits = 63;
  const std::uint64_t wide = wide_edge(shape, random);
  const std::uint64_t bits = 1 + random.below(30);
  const std::uint64_t count = std::uint64_t{1} << bits;
  switch (random.below(6)) {
    case 0:
      return {wide, 0};
    case 1:
      return {0, wide};
    case 2:
      return {1, wide};
    case 3:
      return {count, (std::uint64_t{1} << (ptrdiff_bits - bits)) - random.below(2)};
    case 4:
      return {count, (std::uint64_t{1} << (32 - bits)) + random.below(3)};
    default:
      return {wide, 1};
  }
}

SizeSource::SizeSource(SizeProfile profile, const LayoutShape& shape, Random& random)
    : profile_(profile), shape_(shape), few_(2 + random.below(3)) {
  for (std::uint64_t& size_class : classes_) size_class = any_class(shape, random);
}

std::uint64_t SizeSource::size_in_class(std::uint64_t class_size, Random& random) const {
  if (random.chance(1, 2)) return class_size;
  return class_size - random.below(shape_.step);
}

std::uint64_t SizeSource::draw_of_one_class(Random& random) const {
  return size_in_class(classes_[0], random);
}

std::uint64_t SizeSource::draw(Random& random) const {
  return draw_by(profile_, random);
}

std::uint64_t SizeSource::draw_by(SizeProfile profile, Random& random) const {
  switch (profile) {
    case SizeProfile::small_uniform:
      return 1 + random.below(shape_.largest);
    case SizeProfile::class_edges:
      return class_edge(shape_, random);
    case SizeProfile::one_class:
      return draw_of_one_class(random);
    case SizeProfile::few_classes:
      return size_in_class(classes_[static_cast<std::size_t>(random.below(few_))], random);
    case SizeProfile::geometric:
      return random.below((std::uint64_t{1} << random.below(14)) + 1);
    case SizeProfile::huge:
      return random.chance(1, 8) ? huge_edge(random) : 1 + random.below(4 * shape_.largest);
    case SizeProfile::mixed:
      break;
  }
  return draw_by(static_cast<SizeProfile>(random.below(size_profiles - 1)), random);
}

}  // namespace poolhammer
