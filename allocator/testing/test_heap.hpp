#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "allocator/heap.hpp"
#include "allocator/invariants/check.hpp"
#include "allocator/region.hpp"
#include "allocator/region_raw.hpp"
#include "allocator/region_source.hpp"

namespace pymalloc {

using AllLayouts = Layouts::into<::testing::Types>;

/// Those whose heaps know their addresses in this way, as the types of a typed test.
template <AddressMapKind kind>
struct LayoutsWith {
  template <class... L>
  using Chosen =
      decltype(std::tuple_cat(std::conditional_t<L::address_map == kind, std::tuple<L>, std::tuple<>>()...));

  template <class Tuple>
  struct TypesOf;
  template <class... L>
  struct TypesOf<std::tuple<L...>> {
    using Types = ::testing::Types<L...>;
  };

  using Types = typename TypesOf<Layouts::into<Chosen>>::Types;
};
using RadixLayouts = LayoutsWith<AddressMapKind::radix_tree>::Types;
using TableLayouts = LayoutsWith<AddressMapKind::arena_table>::Types;

/// Names a typed test by its layout.
struct LayoutNames {
  template <class L>
  static std::string GetName(int) {
    return std::string(L::name);
  }
};

/// Clients of test heaps write this into their blocks: a link that leads into a live block then leads on to
/// no place that a free list may hold.
inline constexpr int client_byte = 0xA5;

/// A heap of its own region, with its layout's numbers and what tests of the pools ask of it. `Raw` is built
/// from the region.
template <Layout L, class Raw = RegionRaw>
struct TestHeap : Geometry<L> {
  using Geo = Geometry<L>;
  using Bytes = std::byte*;

  static constexpr std::uint32_t largest_class = Geo::classes - 1;
  static constexpr std::uint32_t largest_size = Geo::block_size(largest_class);

  Region region{0};
  Raw raw{region};
  RegionArenaSource source{region, L::arena_size, L::pool_size};
  Heap<L, RegionArenaSource, Raw> heap{source, raw};

  [[nodiscard]] const HeapState<L>& state() const { return heap.state(); }

  /// A block of a class, written all over.
  [[nodiscard]] Bytes take(std::uint32_t size_class) {
    const std::size_t size = Geo::block_size(size_class);
    auto* const block = static_cast<Bytes>(heap.malloc(size));
    if (block != nullptr) std::memset(block, client_byte, size);
    return block;
  }

  [[nodiscard]] std::vector<Bytes> take(std::uint32_t size_class, std::size_t count) {
    std::vector<Bytes> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(take(size_class));
    return blocks;
  }

  /// Fills one pool of a class that has no used pool.
  [[nodiscard]] std::vector<Bytes> take_pool(std::uint32_t size_class) {
    return take(size_class, Geo::capacity(size_class));
  }

  /// Requests one arena and fills it with blocks of the largest class. No arena may be usable, and no pool of
  /// that class used.
  [[nodiscard]] std::vector<Bytes> take_arena() {
    std::vector<Bytes> blocks;
    do {
      blocks.push_back(take(largest_class));
    } while (state().usable_arenas != nullptr || used_list(largest_class).size() != 0);
    return blocks;
  }

  void give(const std::vector<Bytes>& blocks) {
    for (const Bytes block : blocks) heap.free(block);
  }

  [[nodiscard]] static PoolHeader* pool(const void* block) { return pool_of<L>(block); }
  [[nodiscard]] static std::uintptr_t offset(const void* block) { return address_of(block) % L::pool_size; }
  [[nodiscard]] ArenaObject& arena(std::uint32_t index) { return heap.mutable_state().arenas[index]; }

  /// The pools of a used list from its front.
  [[nodiscard]] std::vector<const PoolHeader*> used_list(std::uint32_t size_class) const {
    std::vector<const PoolHeader*> pools;
    const PoolHeader* const head = &state().usedpools[size_class];
    for (const PoolHeader* p = head->nextpool; p != head; p = peek(p->nextpool)) pools.push_back(p);
    return pools;
  }

  [[nodiscard]] std::vector<const PoolHeader*> freepools(std::uint32_t index) const {
    std::vector<const PoolHeader*> pools;
    for (const PoolHeader* p = state().arenas[index].freepools; p != nullptr; p = peek(p->nextpool))
      pools.push_back(p);
    return pools;
  }

  [[nodiscard]] static std::vector<const std::byte*> free_list(const PoolHeader* pool) {
    std::vector<const std::byte*> blocks;
    for (const std::byte* b = peek(pool->freeblock); b != nullptr; b = link_of(b)) blocks.push_back(b);
    return blocks;
  }

  /// Empty where every invariant holds; otherwise the first that does not.
  [[nodiscard]] std::string violation() const {
    const Check found = check(state());
    return found ? to_string(*found) : "";
  }
};

}  // namespace pymalloc
