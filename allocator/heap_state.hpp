#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "allocator/arena.hpp"
#include "allocator/layout.hpp"
#include "allocator/pool.hpp"
#include "allocator/radix_map.hpp"
#include "allocator/totals.hpp"

namespace pymalloc {

/// How often the pools of a class changed their state: counted on the slow paths only. No count wraps in the
/// life of a process.
struct PoolEvents {
  std::uint64_t fresh = 0;       ///< initialised from virgin space
  std::uint64_t taken_over = 0;  ///< reused by the class that had it last
  std::uint64_t converted = 0;   ///< reused after another class
  std::uint64_t filled = 0;      ///< used to full
  std::uint64_t relinked = 0;    ///< full to used
  std::uint64_t emptied = 0;     ///< used to empty
  std::uint64_t longest = 0;     ///< longest used list, as seen when a full pool rejoined it

  /// To be called when a pool rejoined the used list: its length follows from the events.
  void note_length() {
    longest = std::max(longest, fresh + taken_over + converted + relinked - filled - emptied);
  }
};

/// How often arenas came, went and moved.
struct ArenaEvents {
  std::uint64_t requested = 0;
  std::uint64_t refused = 0;  ///< by the source, or for want of a table entry or a radix node
  std::uint64_t released = 0;
  std::uint64_t kept = 0;       ///< became wholly free and stayed
  std::uint64_t exhausted = 0;  ///< gave its last free pool
  std::uint64_t relisted = 0;   ///< became usable again
  std::uint64_t moved = 0;      ///< changed its place among the usable arenas
  std::uint64_t table_grown = 0;
  std::uint64_t most = 0;  ///< most arenas at a time
};

/// Whether a counter of that type holds every number up to `most`.
template <class Counter>
[[nodiscard]] constexpr bool counts_to(std::uint64_t most) {
  return std::numeric_limits<Counter>::max() >= most;
}

/// Whether no counter of a heap of the layout can wrap.
template <Layout L>
[[nodiscard]] constexpr bool counters_are_wide_enough() {
  constexpr std::uint64_t any_object = std::numeric_limits<std::size_t>::max();
  constexpr std::uint64_t any_event = std::numeric_limits<std::uint64_t>::max();
  return counts_to<decltype(PoolHeader::ref_count)>(Geometry<L>::capacity(0)) &&
         // After the last block: at most one block after the last offset at which one fits.
         counts_to<decltype(PoolHeader::nextoffset)>(L::pool_size) &&
         counts_to<decltype(PoolHeader::maxnextoffset)>(L::pool_size) &&
         counts_to<decltype(PoolHeader::szidx)>(no_size_class) && Geometry<L>::classes < no_size_class &&
         counts_to<decltype(ArenaObject::nfreepools)>(Geometry<L>::pools_per_arena) &&
         counts_to<decltype(ArenaObject::ntotalpools)>(Geometry<L>::pools_per_arena) &&
         counts_to<decltype(Totals::blocks)>(any_object) && counts_to<decltype(Totals::bytes)>(any_object) &&
         counts_to<decltype(Totals::pools)>(any_object) && counts_to<decltype(Totals::arenas)>(any_object) &&
         counts_to<decltype(PoolEvents::fresh)>(any_event) &&
         counts_to<decltype(ArenaEvents::requested)>(any_event);
}

/// Takes the place of the address map where the pool headers and the table of arenas answer for it.
struct NoMap {};

/// Everything a heap knows, open to its checkers: plain data. Invariants of it are in allocator/invariants/.
template <Layout L>
struct HeapState {
  using Geo = Geometry<L>;
  static constexpr bool has_radix_map = L::address_map == AddressMapKind::radix_tree;
  static constexpr bool has_nfp2lasta = L::arena_order == ArenaOrder::constant_time;
  static_assert(counters_are_wide_enough<L>());

  /// Heads of the used lists, one a class: fake headers of which only the links count. An empty list is a
  /// head that points at itself both ways.
  std::array<PoolHeader, Geo::classes> usedpools{};

  ArenaObject* arenas = nullptr;  ///< the table, from the raw allocator
  std::uint32_t maxarenas = 0;    ///< its length
  static_assert(counts_to<decltype(PoolHeader::arenaindex)>(std::numeric_limits<decltype(maxarenas)>::max()));
  ArenaObject* unused_arena_objects = nullptr;
  ArenaObject* usable_arenas = nullptr;
  /// nfp2lasta[n]: the last usable arena with n free pools, or null. [0] is always null.
  std::array<ArenaObject*, Geo::pools_per_arena + 1> nfp2lasta{};

  [[no_unique_address]] std::conditional_t<has_radix_map, RadixMap<L>, NoMap> map;

  Totals totals;
  std::array<PoolEvents, Geo::classes> pool_events{};
  ArenaEvents arena_events;

  HeapState() {
    for (PoolHeader& head : usedpools) head.nextpool = head.prevpool = &head;
  }
  /// The heads of the used lists point into the state: it never moves.
  HeapState(const HeapState&) = delete;
  HeapState& operator=(const HeapState&) = delete;
  ~HeapState() = default;

  [[nodiscard]] ArenaObject& arena_of(const PoolHeader* pool) { return arenas[peek(pool->arenaindex)]; }

  /// Whether `address` lies in an arena of the heap. Under an arena table this reads the header that the
  /// pointer's pool would have, which is somebody else's memory where the answer is no.
  [[nodiscard]] bool owns(const void* address) const {
    if constexpr (has_radix_map) {
      return map.contains(address_of(address));
    } else {
      const std::uint32_t index = peek(pool_of<L>(address)->arenaindex);
      if (index >= maxarenas) return false;
      // Without the second clause an unused arena object would own the lowest addresses.
      const std::uintptr_t arena = arenas[index].address;
      return address_of(address) - arena < L::arena_size && arena != 0;
    }
  }
};

}  // namespace pymalloc
