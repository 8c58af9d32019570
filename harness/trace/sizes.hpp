#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "harness/base/random.hpp"
#include "harness/trace/shape.hpp"

namespace poolhammer {

/// Which sizes a program asks for.
enum class SizeProfile : std::uint8_t {
  small_uniform,  ///< every size that a pool serves, each as likely
  class_edges,    ///< the largest and smallest size of a class, one less and one more
  one_class,      ///< sizes of a single class: pools and arenas fill up
  few_classes,    ///< sizes of two to four classes: pools change their class
  geometric,      ///< small ones often, large ones seldom, past the pools into the raw allocator
  huge,           ///< now and then a size near PTRDIFF_MAX or SIZE_MAX, small ones between
  mixed,          ///< each size by another of the profiles above
};

inline constexpr std::uint8_t size_profiles = 7;

/// No request of a generated program lies between this and PTRDIFF_MAX: those would only be a test of the
/// machine's memory.
inline constexpr std::uint64_t largest_grantable_request = std::uint64_t{64} << 10U;

/// Draws sizes by a profile.
class SizeSource {
 public:
  SizeSource(SizeProfile profile, const LayoutShape& shape, Random& random);

  [[nodiscard]] std::uint64_t draw(Random& random) const;
  /// A size of the profile's first class: what a burst that fills pools repeats.
  [[nodiscard]] std::uint64_t draw_of_one_class(Random& random) const;
  /// Makes the class of `size` the first one. Precondition: 1 <= size <= shape.largest.
  void prefer_class_of(std::uint64_t size) { classes_[0] = shape_.class_size(size); }

 private:
  [[nodiscard]] std::uint64_t draw_by(SizeProfile profile, Random& random) const;
  [[nodiscard]] std::uint64_t size_in_class(std::uint64_t class_size, Random& random) const;

  SizeProfile profile_;
  LayoutShape shape_;
  std::array<std::uint64_t, 4> classes_ = {};  ///< for one_class the first, for few_classes the first few
  std::uint64_t few_ = 2;
};

/// Any size class of the layout.
[[nodiscard]] std::uint64_t any_class(const LayoutShape& shape, Random& random);
/// A size class of which one arena holds at most `blocks` blocks; nothing where every class has more.
[[nodiscard]] std::optional<std::uint64_t> class_that_fills_an_arena(const LayoutShape& shape,
                                                                     std::size_t blocks, Random& random);
/// One less than, equal to or one more than a size at which a class begins or ends; 0 and largest + 1 among
/// them.
[[nodiscard]] std::uint64_t class_edge(const LayoutShape& shape, Random& random);
/// Beside three quarters of a class: where a realloc that shrinks begins to move the block.
[[nodiscard]] std::uint64_t shrink_edge(const LayoutShape& shape, Random& random);
/// Near PTRDIFF_MAX, 2^63 or SIZE_MAX: no allocator can grant it, and sums with it overflow.
[[nodiscard]] std::uint64_t huge_edge(Random& random);

/// Beside 2^31, 2^32 or a multiple of it, mostly by what a pool serves: whoever keeps 32 bits of it takes it
/// for a small size. For an allocator that reserves addresses for blocks of gigabytes.
[[nodiscard]] std::uint64_t wide_edge(const LayoutShape& shape, Random& random);

/// What a calloc asks for.
struct CallocRequest {
  std::uint64_t count = 0;
  std::uint64_t size = 0;
};
/// `total` bytes, as a count and a size whose product it is.
[[nodiscard]] CallocRequest split_for_calloc(std::uint64_t total, Random& random);
/// A product that does not fit 64 bits, and that a wrapping multiplication makes small.
[[nodiscard]] CallocRequest overflowing_calloc(Random& random);
/// A count, a size or a product beside 2^32 or 2^63, or nothing of much: for an allocator as in wide_edge().
[[nodiscard]] CallocRequest wide_calloc(const LayoutShape& shape, Random& random);

}  // namespace poolhammer
