#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "allocator/invariants/inspection.hpp"
#include "properties/support/home.hpp"
#include "properties/support/layouts.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

using pymalloc::Placement;

template <class L>
class Arenas : public testing::Test {};
TYPED_TEST_SUITE(Arenas, Layouts, LayoutName);

template <class L>
inline constexpr bool has_map = L::address_map == pymalloc::AddressMapKind::radix_tree;

/// What owns() owes for an address; nothing where the layout makes no promise. A radix tree knows exactly the
/// live arenas. An arena table knows the carved pools, and that nothing outside of an arena is the heap's.
template <class L>
[[nodiscard]] std::optional<bool> owed_ownership(Home<L>& home, std::uintptr_t address) {
  if (!home.source().holds(address, 1)) return false;
  if (has_map<L>) return true;
  const auto& state = home.state();
  for (std::uint32_t i = 0; i < state.maxarenas; ++i) {
    const pymalloc::ArenaObject& arena = state.arenas[i];
    if (arena.address == 0) continue;
    if (address >= pymalloc::first_pool_of<L>(arena.address) &&
        address < pymalloc::address_of(arena.pool_address)) {
      return true;
    }
  }
  return std::nullopt;
}

/// Addresses at which an answer is most easily wrong: the edges of arenas and pools, live or gone; for a map
/// also addresses that differ in one bit, mapped or not. A table has to read the pool header that would
/// belong to an address: there, all lie in the region, and are asked about where that can be read.
template <class L>
void add_edges(std::set<std::uintptr_t>& addresses, std::uintptr_t arena) {
  for (const std::uintptr_t edge : {arena, pymalloc::first_pool_of<L>(arena), arena + L::pool_size,
                                    arena + L::arena_size - L::pool_size, arena + L::arena_size}) {
    addresses.insert({edge - 1, edge, edge + 1, edge + L::alignment});
  }
  if (!has_map<L>) return;
  addresses.insert({0, 1, ~std::uintptr_t{0}});
  for (unsigned bit = 0; bit < 64; ++bit) addresses.insert(arena ^ (std::uintptr_t{1} << bit));
}

TYPED_TEST(Arenas, OwnershipIsTrueExactlyInsideLiveArenas) {
  using L = TypeParam;
  holds(programs(layout_id<L>), [](const Trace& trace) -> Outcome {
    Home<L> home;
    std::set<std::uintptr_t> addresses;
    for (const Operation& operation : trace.operations) {
      home.perform(operation);
      for (std::uint32_t i = 0; i < home.state().maxarenas; ++i) {
        const std::uintptr_t arena = home.state().arenas[i].address;
        if (arena != 0 && !addresses.contains(arena)) add_edges<L>(addresses, arena);
      }
    }
    for (const auto& [slot, block] : home.blocks()) addresses.insert(pymalloc::address_of(block.address));
    for (const std::uintptr_t address : addresses) {
      const auto header = pymalloc::address_of(pymalloc::pool_of<L>(std::bit_cast<const void*>(address)));
      if (!has_map<L> && !pymalloc::readable_by_system()(header, sizeof(pymalloc::PoolHeader))) continue;
      const bool owned = home.heap().owns(std::bit_cast<const void*>(address));
      if (owed_ownership(home, address).value_or(owned) != owned) {
        return fmt::format("address {:#x}: {}", address, owned ? "owned, outside all arenas" : "not owned");
      }
    }
    return std::nullopt;
  });
}

/// Where a block lies, whatever the addresses: its arena's number, its pool's in the arena, its own in the
/// pool.
struct PlaceOfBlock {
  bool in_pool = false;
  std::uint32_t arena = 0;
  std::uintptr_t pool = 0;
  std::uintptr_t block = 0;

  friend bool operator==(const PlaceOfBlock&, const PlaceOfBlock&) = default;
};

template <class L>
[[nodiscard]] PlaceOfBlock place_of(Home<L>& home, const void* block) {
  if (block == nullptr || !home.heap().owns(block)) return {};
  const pymalloc::PoolHeader* const pool = pymalloc::pool_of<L>(block);
  const std::uint32_t arena = pymalloc::peek(pool->arenaindex);
  const std::uintptr_t base = pymalloc::address_of(pool);
  return {true, arena, (base - home.state().arenas[arena].address) / L::pool_size,
          (pymalloc::address_of(block) - base) / L::alignment};
}

template <class L>
[[nodiscard]] std::vector<PlaceOfBlock> places_of(const Trace& trace, Placement placement) {
  Home<L> home;
  home.source().place(placement);
  std::vector<PlaceOfBlock> places;
  for (const Operation& operation : trace.operations) {
    home.perform(operation);
    const auto block = home.blocks().find(operation.slot);
    places.push_back(place_of(home, block != home.blocks().end() ? block->second.address : nullptr));
  }
  return places;
}

// A misaligned arena has one pool less: under that placement another pool may be right.
TYPED_TEST(Arenas, WhereTheSourcePutsThemNeverChangesWhichBlockARequestGets) {
  using L = TypeParam;
  holds(programs(layout_id<L>, {.commands = false}), [](const Trace& trace) -> Outcome {
    const std::vector<PlaceOfBlock> expected = places_of<L>(trace, Placement::up);
    for (const Placement placement : {Placement::down, Placement::scattered, Placement::adjacent}) {
      const std::vector<PlaceOfBlock> found = places_of<L>(trace, placement);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i] == found[i]) continue;
        return fmt::format("placed {}, step {}: expected arena {}, pool {}, block {}, found {}, {}, {}",
                           word(placement), i, expected[i].arena, expected[i].pool, expected[i].block,
                           found[i].arena, found[i].pool, found[i].block);
      }
    }
    return std::nullopt;
  });
}

}  // namespace
}  // namespace poolhammer
