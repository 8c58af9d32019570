#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pymalloc {

/// How the allocator answers "is this pointer mine".
enum class AddressMapKind : std::uint8_t {
  arena_table,  ///< the pool header that the pointer would have names an arena, and the table confirms it
  radix_tree,   ///< a tree over the bits of the address; the pointer is never dereferenced
};

/// How an arena that gained a free pool finds its new place among the usable arenas.
enum class ArenaOrder : std::uint8_t {
  linear_slide,   ///< it slides past every arena with fewer free pools
  constant_time,  ///< nfp2lasta tells the last arena of each number of free pools
};

/// The numbers and policies of one variant of the allocator, in bytes where a size is meant; its name, and
/// one line about it.
template <class T>
concept Layout = requires {
  { T::name } -> std::convertible_to<std::string_view>;
  { T::summary } -> std::convertible_to<std::string_view>;
  { T::of_cpython } -> std::convertible_to<bool>;
  { T::alignment } -> std::convertible_to<std::size_t>;
  { T::small_request_threshold } -> std::convertible_to<std::size_t>;
  { T::pool_size } -> std::convertible_to<std::size_t>;
  { T::arena_size } -> std::convertible_to<std::size_t>;
  { T::initial_arena_objects } -> std::convertible_to<std::uint32_t>;
  { T::address_map } -> std::convertible_to<AddressMapKind>;
  { T::arena_order } -> std::convertible_to<ArenaOrder>;
  { T::keeps_last_arena } -> std::convertible_to<bool>;
};

/// CPython up to 3.7.3.
struct Classic {
  static constexpr std::string_view name = "classic";
  static constexpr std::string_view summary = "8-byte classes, 4 KiB pools, 256 KiB arenas, arena table";
  static constexpr bool of_cpython = true;
  static constexpr std::size_t alignment = 8;
  static constexpr std::size_t small_request_threshold = 512;
  static constexpr std::size_t pool_size = 4096;
  static constexpr std::size_t arena_size = std::size_t{256} << 10U;
  static constexpr std::uint32_t initial_arena_objects = 16;
  static constexpr AddressMapKind address_map = AddressMapKind::arena_table;
  static constexpr ArenaOrder arena_order = ArenaOrder::linear_slide;
  static constexpr bool keeps_last_arena = false;
};

/// CPython 3.9: blocks aligned to 16 bytes, arenas moved in constant time, the last free arena kept.
struct Aligned16 : Classic {
  static constexpr std::string_view name = "aligned16";
  static constexpr std::string_view summary = "16-byte classes, 4 KiB pools, last free arena kept";
  static constexpr std::size_t alignment = 16;
  static constexpr ArenaOrder arena_order = ArenaOrder::constant_time;
  static constexpr bool keeps_last_arena = true;
};

/// CPython 3.11 on 64 bits: larger pools and arenas, ownership by radix tree.
struct Modern : Aligned16 {
  static constexpr std::string_view name = "modern";
  static constexpr std::string_view summary = "16-byte classes, 16 KiB pools, 1 MiB arenas, radix tree";
  static constexpr std::size_t pool_size = std::size_t{16} << 10U;
  static constexpr std::size_t arena_size = std::size_t{1} << 20U;
  static constexpr AddressMapKind address_map = AddressMapKind::radix_tree;
  static constexpr std::array<unsigned, 3> radix_bits = {15, 15, 14};
};

/// Not CPython's: so small that every transition of pools and arenas is a handful of operations away.
/// Pools hold 6, 3 or 2 blocks, arenas 4 pools, and the table of arena objects doubles at the third arena.
struct Tiny : Modern {
  static constexpr std::string_view name = "tiny";
  static constexpr std::string_view summary =
      "3 classes, pools of 2 to 6 blocks, arenas of 4 pools, radix tree";
  static constexpr bool of_cpython = false;
  static constexpr std::size_t alignment = 32;
  static constexpr std::size_t small_request_threshold = 96;
  static constexpr std::size_t pool_size = 256;
  static constexpr std::size_t arena_size = 1024;
  static constexpr std::uint32_t initial_arena_objects = 2;
  static constexpr std::array<unsigned, 6> radix_bits = {9, 9, 9, 9, 9, 9};
};

/// Types of layouts, in order.
template <Layout... L>
struct LayoutList {
  static constexpr std::size_t size = sizeof...(L);
  static constexpr std::array<std::string_view, size> names = {L::name...};

  /// The place of a layout in the list.
  template <Layout Wanted>
  static constexpr std::size_t index = static_cast<std::size_t>(std::ranges::find(names, Wanted::name) -
                                                                names.begin());

  /// The same types as the arguments of another template.
  template <template <class...> class To>
  using into = To<L...>;

  /// Calls `function.operator()<L>()` for each.
  template <class Function>
  static constexpr void each(Function&& function) {
    (function.template operator()<L>(), ...);
  }

  // A layout that is derived from another has its name, where it is given none.
  static_assert(((std::ranges::count(names, L::name) == 1) && ...), "each layout needs a name of its own");
};

/// Every layout there is; all other lists of layouts follow from this one. The place of a layout is its
/// number in files of traces, so a new one comes last.
using Layouts = LayoutList<Classic, Aligned16, Modern, Tiny>;

/// What follows from a layout's numbers.
template <Layout L>
struct Geometry {
  static_assert(std::has_single_bit(L::alignment) && L::alignment >= 8);
  static_assert(std::has_single_bit(L::pool_size) && std::has_single_bit(L::arena_size));
  static_assert(L::small_request_threshold % L::alignment == 0);
  static_assert(L::arena_size <= (std::size_t{1} << 31U), "offsets in an arena are 32-bit numbers");

  static constexpr unsigned alignment_bits = std::countr_zero(L::alignment);
  static constexpr unsigned arena_bits = std::countr_zero(L::arena_size);
  static constexpr std::uint32_t classes =
      static_cast<std::uint32_t>(L::small_request_threshold >> alignment_bits);
  static constexpr std::uint32_t pools_per_arena = static_cast<std::uint32_t>(L::arena_size / L::pool_size);
  /// Bytes before the first block of a pool: the 48 of the header, rounded up to the alignment.
  static constexpr std::uint32_t overhead =
      static_cast<std::uint32_t>((48 + L::alignment - 1) & ~(L::alignment - 1));

  /// Index of the class that serves a request of `size` bytes, 1 <= size <= small_request_threshold.
  [[nodiscard]] static constexpr std::uint32_t class_of(std::size_t size) {
    return static_cast<std::uint32_t>((size - 1) >> alignment_bits);
  }
  /// Bytes of a block of a class.
  [[nodiscard]] static constexpr std::uint32_t block_size(std::uint32_t size_class) {
    return (size_class + 1) << alignment_bits;
  }
  /// Blocks that fit a pool of a class.
  [[nodiscard]] static constexpr std::uint32_t capacity(std::uint32_t size_class) {
    return (static_cast<std::uint32_t>(L::pool_size) - overhead) / block_size(size_class);
  }
  /// The largest offset in a pool at which a block of a class may begin.
  [[nodiscard]] static constexpr std::uint32_t max_next_offset(std::uint32_t size_class) {
    return static_cast<std::uint32_t>(L::pool_size) - block_size(size_class);
  }
};

}  // namespace pymalloc
