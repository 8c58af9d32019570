#pragma once

#include "allocator/testing/corruption.hpp"

namespace pymalloc {

/// Damage to arena objects, the lists they are in, and the address map.
template <Layout L>
class ArenaCorruptions {
 public:
  using V = Victim<L>;

  [[nodiscard]] static Corruptions<L> all() {
    Corruptions<L> list = objects();
    for (auto&& part : {lists(), order(), map()}) list.insert(list.end(), part.begin(), part.end());
    return list;
  }

 private:
  static constexpr std::uint32_t pools = Geometry<L>::pools_per_arena;

  [[nodiscard]] static std::string number(std::uint64_t n) { return std::to_string(n); }

  [[nodiscard]] static Corruptions<L> objects() {
    return {
        {invariant::arena_readable, "AddressBeyondAllMemory",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(4).address, std::uintptr_t{1} << 60U);
           return {.arena = 4, .expected = "readable memory", .found = "cannot be read"};
         }},
        {invariant::arenas_disjoint, "HalfAnArenaAhead",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(1).address, v.arena(0).address + L::arena_size / 2);
           return {.arena = 1, .expected = "the end of arena 0", .found = hex(v.arena(1).address)};
         }},
        {invariant::arena_total_pools, "OneMore",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(0).ntotalpools, pools + 1);
           return {.arena = 0, .expected = number(pools), .found = number(pools + 1)};
         }},
        {invariant::arena_total_pools, "AllPoolsOfAMisalignedArena",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(2).ntotalpools, pools);
           return {.arena = 2, .expected = number(pools - 1), .found = number(pools)};
         }},
        {invariant::arena_pool_address, "NotOnABoundary",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(4).pool_address, v.arena(4).pool_address + 8);
           return {
               .arena = 4, .expected = "a pool boundary", .found = hex(address_of(v.arena(4).pool_address))};
         }},
        {invariant::arena_pool_address, "BehindTheArena",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(0).pool_address, v.arena(0).pool_address + L::pool_size);
           return {
               .arena = 0, .expected = "a pool boundary", .found = hex(address_of(v.arena(0).pool_address))};
         }},
        {invariant::arena_pool_address, "Null",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(1).pool_address, nullptr);
           return {.arena = 1, .expected = "a pool boundary", .found = "0x0"};
         }},
        {invariant::arena_free_pools, "PoolOfAnotherArena",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(3).freepools, v.empty);
           return {.arena = 3, .expected = "a carved pool of arena 3", .found = hex(address_of(v.empty))};
         }},
        {invariant::arena_free_pools, "PoolNotYetCarved",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(4).freepools, reinterpret_cast<PoolHeader*>(v.arena(4).pool_address));
           return {
               .arena = 4, .expected = "a carved pool", .found = hex(address_of(v.arena(4).pool_address))};
         }},
        {invariant::arena_free_pools, "InsideAPool",
         [](V& v, Damage& d) -> Sign {
           d.write(v.empties[0]->nextpool, std::bit_cast<PoolHeader*>(address_of(v.empties[1]) + 16));
           return {.arena = 3, .expected = "a carved pool", .found = hex(address_of(v.empties[1]) + 16)};
         }},
        {invariant::arena_free_pools, "ACircle",
         [](V& v, Damage& d) -> Sign {
           d.write(v.empties[1]->nextpool, v.empties[0]);
           return {.arena = 3, .expected = "an end", .found = "twice"};
         }},
        {invariant::arena_free_pool_count, "OneMore",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(1).nfreepools, 2U);
           return {.arena = 1, .expected = "nfreepools = 1 (1 in freepools, 0 not yet carved)", .found = "2"};
         }},
        {invariant::arena_free_pool_count, "APoolLost",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(3).freepools, v.empties[1]);
           return {.arena = 3, .expected = "(1 in freepools", .found = number(v.arena(3).nfreepools)};
         }},
    };
  }

  [[nodiscard]] static Corruptions<L> lists() {
    return {
        {invariant::unused_arenas_exact, "OneMissing",
         [](V& v, Damage& d) -> Sign {
           ArenaObject* const first = v.state().unused_arena_objects;
           d.write(v.state().unused_arena_objects, first->nextarena);
           return {.arena = static_cast<std::uint32_t>(first - v.state().arenas),
                   .expected = "in the unused list",
                   .found = "it is not"};
         }},
        {invariant::unused_arenas_exact, "AnArenaInUse",
         [](V& v, Damage& d) -> Sign {
           d.write(v.state().unused_arena_objects->nextarena, &v.arena(0));
           return {.arena = 0, .expected = "no address", .found = hex(v.arena(0).address)};
         }},
        {invariant::unused_arenas_exact, "ACircle",
         [](V& v, Damage& d) -> Sign {
           ArenaObject* const first = v.state().unused_arena_objects;
           d.write(first->nextarena->nextarena, first);
           return {.arena = static_cast<std::uint32_t>(first - v.state().arenas),
                   .expected = "once",
                   .found = "twice"};
         }},
        {invariant::unused_arenas_exact, "OutOfTheTable",
         [](V& v, Damage& d) -> Sign {
           d.write(v.state().unused_arena_objects, v.state().arenas + v.state().maxarenas);
           return {.expected = "an entry of the table",
                   .found = hex(address_of(v.state().arenas + v.state().maxarenas))};
         }},
        {invariant::unused_arenas_exact, "AnArenaWithoutItsAddress",
         [](V& v, Damage& d) -> Sign {
           d.write(v.arena(0).address, std::uintptr_t{0});
           return {.arena = 0, .expected = "in the unused list", .found = "it is not"};
         }},
        {invariant::usable_arenas_links, "NoWayBack",
         [](V& v, Damage& d) -> Sign {
           ArenaObject* const second = v.state().usable_arenas->nextarena;
           d.write(second->prevarena, nullptr);
           return {.arena = static_cast<std::uint32_t>(second - v.state().arenas),
                   .expected = "prevarena = arena 2",
                   .found = "null"};
         }},
        {invariant::usable_arenas_links, "ACircle",
         [](V& v, Damage& d) -> Sign {
           ArenaObject* last = v.state().usable_arenas;
           while (last->nextarena != nullptr) last = last->nextarena;
           d.write(last->nextarena, v.state().usable_arenas);
           return {.arena = 2, .expected = "prevarena = arena", .found = "null"};
         }},
        {invariant::usable_arenas_links, "AnUnusedObject",
         [](V& v, Damage& d) -> Sign {
           d.write(v.state().usable_arenas, v.state().unused_arena_objects);
           return {.expected = "an arena with memory", .found = "an unused arena object"};
         }},
        {invariant::usable_arenas_links, "BetweenTwoEntries",
         [](V& v, Damage& d) -> Sign {
           const std::uintptr_t between = address_of(v.state().usable_arenas) + 8;
           d.write(v.state().usable_arenas->nextarena, std::bit_cast<ArenaObject*>(between));
           return {.expected = "an entry of the table", .found = hex(between)};
         }},
    };
  }

  [[nodiscard]] static std::vector<ArenaObject*> usable(V& v) {
    std::vector<ArenaObject*> arenas;
    for (ArenaObject* a = v.state().usable_arenas; a != nullptr; a = a->nextarena) arenas.push_back(a);
    return arenas;
  }

  /// Makes `arenas` the usable ones, in that order, with sound links and nfp2lasta.
  static void relist(V& v, Damage& d, const std::vector<ArenaObject*>& arenas) {
    for (ArenaObject*& last : v.state().nfp2lasta) d.write(last, nullptr);
    ArenaObject* previous = nullptr;
    d.write(v.state().usable_arenas, arenas.front());
    for (ArenaObject* const arena : arenas) {
      d.write(arena->prevarena, previous);
      d.write(arena->nextarena, nullptr);
      if (previous != nullptr) d.write(previous->nextarena, arena);
      if constexpr (HeapState<L>::has_nfp2lasta) d.write(v.state().nfp2lasta[arena->nfreepools], arena);
      previous = arena;
    }
  }

  static void make_wholly_free(Damage& d, ArenaObject& arena) {
    d.write(arena.pool_address, std::bit_cast<std::byte*>(first_pool_of<L>(arena.address)));
    d.write(arena.freepools, nullptr);
    d.write(arena.nfreepools, arena.ntotalpools);
  }

  [[nodiscard]] static Corruptions<L> order() {
    Corruptions<L> list = {
        {invariant::usable_arenas_free_pool, "AnExhaustedArenaListed",
         [](V& v, Damage& d) -> Sign {
           auto arenas = usable(v);
           arenas.insert(arenas.begin(), &v.arena(0));
           relist(v, d, arenas);
           return {.arena = 0, .expected = "a free pool", .found = "nfreepools = 0"};
         }},
        {invariant::usable_arenas_complete, "AnArenaForgotten",
         [](V& v, Damage& d) -> Sign {
           auto arenas = usable(v);
           arenas.erase(arenas.begin() + 1);
           relist(v, d, arenas);
           return {.arena = 1, .expected = "in the list", .found = "it is not"};
         }},
        {invariant::usable_arenas_sorted, "TheLastInFront",
         [](V& v, Damage& d) -> Sign {
           auto arenas = usable(v);
           std::rotate(arenas.begin(), arenas.end() - 1, arenas.end());
           relist(v, d, arenas);
           return {.arena = 2, .expected = "nfreepools from", .found = "1"};
         }},
        {invariant::arenas_kept, "TwoWhollyFree",
         [](V& v, Damage& d) -> Sign {
           make_wholly_free(d, v.arena(3));
           make_wholly_free(d, v.arena(4));
           relist(v, d, {&v.arena(2), &v.arena(1), &v.arena(3), &v.arena(4)});
           return {.arena = 3, .expected = "a released arena", .found = "all free"};
         }},
    };
    if constexpr (!L::keeps_last_arena) {
      list.push_back({invariant::arenas_kept, "TheLastKept", [](V& v, Damage& d) -> Sign {
                        make_wholly_free(d, v.arena(4));
                        relist(v, d, {&v.arena(2), &v.arena(1), &v.arena(3), &v.arena(4)});
                        return {.arena = 4, .expected = "a released arena", .found = "all free"};
                      }});
    }
    if constexpr (HeapState<L>::has_nfp2lasta) {
      list.push_back({invariant::nfp2lasta_exact, "TheFirstInsteadOfTheLast", [](V& v, Damage& d) -> Sign {
                        const std::string last = v.arena(4).nfreepools == 1 ? "arena 4" : "arena 1";
                        d.write(v.state().nfp2lasta[1], &v.arena(2));
                        return {.expected = "nfp2lasta[1] = " + last, .found = "arena 2"};
                      }});
      list.push_back({invariant::nfp2lasta_exact, "NotCleared", [](V& v, Damage& d) -> Sign {
                        d.write(v.state().nfp2lasta[0], &v.arena(0));
                        return {.expected = "nfp2lasta[0] = null", .found = "arena 0"};
                      }});
    }
    return list;
  }

  [[nodiscard]] static Corruptions<L> map() {
    if constexpr (!HeapState<L>::has_radix_map) {
      return {};
    } else {
      return {
          {invariant::map_holds_arenas, "AnArenaUnmarked",
           [](V& v, Damage& d) -> Sign {
             v.state().map.unmark(v.arena(1).address);
             d.done([&v] { (void)v.state().map.mark(v.arena(1).address, v.raw); });
             return {.arena = 1, .expected = "in the map", .found = "it is not"};
           }},
          {invariant::map_holds_arenas, "TheSecondHalfOfAMisalignedArenaUnmarked",
           [](V& v, Damage& d) -> Sign {
             d.write(cell(v, v.arena(2).address + L::arena_size).head, 0U);
             return {.arena = 2, .expected = "in the map", .found = "it is not"};
           }},
          {invariant::map_only_arenas, "AnArenaThatIsNone",
           [](V& v, Damage& d) -> Sign {
             const std::uintptr_t nowhere = v.arena(4).address + 64 * L::arena_size;
             EXPECT_TRUE(v.state().map.mark(nowhere, v.raw));
             d.done([&v, nowhere] { v.state().map.unmark(nowhere); });
             return {.expected = hex(nowhere), .found = "no such arena"};
           }},
          {invariant::map_only_arenas, "AnArenaThatBeginsElsewhere",
           [](V& v, Damage& d) -> Sign {
             // The cell is as full as it was: every byte of the arena is in the map, and none around it.
             auto& whole = cell(v, v.arena(1).address);
             d.write(whole.head, 16U);
             d.write(whole.tail, static_cast<std::uint32_t>(L::arena_size - 16));
             return {.expected = hex(v.arena(1).address + 16), .found = "no such arena"};
           }},
          {invariant::map_only_arenas, "BytesBeforeAnArena",
           [](V& v, Damage& d) -> Sign {
             auto& first = cell(v, v.arena(2).address);
             d.write(first.tail, first.tail + 16);
             return {.arena = 2, .expected = "not in the map", .found = "it is"};
           }},
          {invariant::map_only_arenas, "BytesBehindAnArena",
           [](V& v, Damage& d) -> Sign {
             auto& second = cell(v, v.arena(2).address + L::arena_size);
             d.write(second.head, second.head + 16);
             return {.arena = 2, .expected = "not in the map", .found = "it is"};
           }},
      };
    }
  }

  [[nodiscard]] static auto& cell(V& v, std::uintptr_t address) {
    using Cell = typename RadixMap<L>::Cell;
    return *const_cast<Cell*>(v.state().map.find(address >> RadixMap<L>::arena_bits));
  }
};

}  // namespace pymalloc
