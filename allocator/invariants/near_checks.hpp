#pragma once

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"
#include "allocator/invariants/pool_checks.hpp"

namespace pymalloc {

/// What can be said of a block's surroundings at a cost that does not grow with the heap: its pool's header,
/// the pool's neighbours in its list, its arena, the arena's neighbours. The names are those of the
/// catalogue; what needs a walk (the length of a free list, a whole list) is left to check().
template <Layout L>
class NearChecks {
 public:
  using Geo = Geometry<L>;
  NearChecks(const HeapState<L>& state, Readable readable) : state_(state), readable_(readable) {}

  /// `block` is live, or was given back last. A block in no arena has no surroundings.
  [[nodiscard]] PYMALLOC_UNCHECKED Check check(const void* block) const {
    const PoolHeader* const pool = pool_of<L>(block);
    if (block == nullptr || !readable_(address_of(pool), L::pool_size)) return std::nullopt;
    const std::uint32_t index = peek(pool->arenaindex);
    if (index >= state_.maxarenas || address_of(pool) - state_.arenas[index].address >= L::arena_size) {
      return Violation{invariant::pool_arena_index, at(std::nullopt, address_of(pool)),
                       "the index of the arena that it lies in", std::to_string(index)};
    }
    if (Check violation = arena(index)) return violation;
    const auto where = [&](const void* address) { return Inspection<L>::locate(state_, index, address); };
    if (Check violation = PoolChecks<L, decltype(where)>(pool, where).check_header()) return violation;
    return place_of(index, pool);
  }

 private:
  /// Where a pool must be, by its number of blocks in use.
  [[nodiscard]] PYMALLOC_UNCHECKED Check place_of(std::uint32_t index, const PoolHeader* pool) const {
    const std::uint32_t count = peek(pool->ref_count);
    const std::uint32_t size_class = peek(pool->szidx);
    if (count == Geo::capacity(size_class)) return std::nullopt;
    if (count == 0) {
      if (state_.arenas[index].freepools == pool) return std::nullopt;
      return Violation{invariant::arena_pools_accounted, Inspection<L>::locate(state_, index, pool),
                       "an empty pool at the front of freepools",
                       hex(address_of(state_.arenas[index].freepools))};
    }
    const PoolHeader* const next = peek(pool->nextpool);
    const PoolHeader* const previous = peek(pool->prevpool);
    for (const PoolHeader* const neighbour : {next, previous}) {
      if (Check violation = neighbour_of(index, pool, neighbour)) return violation;
    }
    if (peek(next->prevpool) != pool)
      return unlinked(index, pool, "prevpool of the next pool", peek(next->prevpool));
    if (peek(previous->nextpool) != pool)
      return unlinked(index, pool, "nextpool of the previous pool", peek(previous->nextpool));
    return std::nullopt;
  }

  /// A pool next to another in a used list is the list's head or a pool of the same class.
  [[nodiscard]] PYMALLOC_UNCHECKED Check neighbour_of(std::uint32_t index, const PoolHeader* pool,
                                                      const PoolHeader* neighbour) const {
    const std::uint32_t size_class = peek(pool->szidx);
    if (neighbour == &state_.usedpools[size_class]) return std::nullopt;
    const std::uintptr_t address = address_of(neighbour);
    const bool beside = address - state_.arenas[index].address < L::arena_size;
    if (address % L::pool_size != 0 || !(beside || readable_(address, sizeof(PoolHeader)))) {
      return Violation{invariant::used_lists_circular, Inspection<L>::locate(state_, index, pool),
                       "links to carved pools or the head of the list", hex(address)};
    }
    if (peek(neighbour->szidx) == size_class) return std::nullopt;
    return Violation{invariant::used_lists_one_class, Inspection<L>::locate(state_, index, pool),
                     "a neighbour of class " + std::to_string(size_class),
                     std::to_string(peek(neighbour->szidx))};
  }

  [[nodiscard]] Violation unlinked(std::uint32_t index, const PoolHeader* pool, const char* link,
                                   const PoolHeader* found) const {
    return {invariant::used_lists_complete, Inspection<L>::locate(state_, index, pool),
            std::string("a pool with room in the used list of its class: ") + link + " leads to it",
            hex(address_of(found))};
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check arena(std::uint32_t index) const {
    const ArenaObject& arena = state_.arenas[index];
    const Location where = at(index, arena.address);
    const std::uint32_t fit = Geo::pools_per_arena - (arena.address % L::pool_size == 0 ? 0 : 1);
    if (arena.ntotalpools != fit) {
      return Violation{invariant::arena_total_pools, where, "ntotalpools = " + std::to_string(fit),
                       std::to_string(arena.ntotalpools)};
    }
    const std::uintptr_t first = first_pool_of<L>(arena.address);
    const std::uintptr_t next = address_of(arena.pool_address);
    if (next % L::pool_size != 0 || next < first || next > first + fit * L::pool_size) {
      return Violation{invariant::arena_pool_address, where,
                       "a pool boundary from " + hex(first) + " to " + hex(first + fit * L::pool_size),
                       hex(next)};
    }
    const auto uncarved = static_cast<std::uint32_t>((first + fit * L::pool_size - next) / L::pool_size);
    if (arena.nfreepools < uncarved || arena.nfreepools > fit) {
      return Violation{invariant::arena_free_pool_count, where,
                       "nfreepools from " + std::to_string(uncarved) + " to " + std::to_string(fit),
                       std::to_string(arena.nfreepools)};
    }
    if constexpr (HeapState<L>::has_radix_map) {
      if (!state_.map.contains(arena.address) || !state_.map.contains(arena.address + L::arena_size - 1)) {
        return Violation{invariant::map_holds_arenas, where, "both ends of the arena in the map",
                         "they are not"};
      }
    }
    return arena.nfreepools > 0 ? listed(index, where) : std::nullopt;
  }

  /// An arena with a free pool: its neighbours among the usable ones.
  [[nodiscard]] PYMALLOC_UNCHECKED Check listed(std::uint32_t index, const Location& where) const {
    const ArenaObject& arena = state_.arenas[index];
    for (const ArenaObject* const neighbour : {arena.nextarena, arena.prevarena}) {
      if (neighbour == nullptr || in_table(neighbour)) continue;
      return Violation{invariant::usable_arenas_links, where, "neighbours in the table of arenas",
                       hex(address_of(neighbour))};
    }
    const ArenaObject* const leads =
        arena.prevarena == nullptr ? state_.usable_arenas : arena.prevarena->nextarena;
    if (leads != &arena) {
      return Violation{invariant::usable_arenas_complete, where,
                       "an arena with a free pool in the list of usable arenas", "it is not"};
    }
    if (arena.nextarena != nullptr && arena.nextarena->prevarena != &arena) {
      return Violation{invariant::usable_arenas_links, where, "the next arena to lead back", "it does not"};
    }
    if ((arena.prevarena != nullptr && arena.prevarena->nfreepools > arena.nfreepools) ||
        (arena.nextarena != nullptr && arena.nextarena->nfreepools < arena.nfreepools)) {
      return Violation{invariant::usable_arenas_sorted, where,
                       "neighbours in the order of nfreepools around " + std::to_string(arena.nfreepools),
                       neighbours(arena)};
    }
    if (arena.nfreepools == arena.ntotalpools && (!L::keeps_last_arena || arena.nextarena != nullptr)) {
      return Violation{invariant::arenas_kept, where, "no wholly free arena here", "it is wholly free"};
    }
    return last_of_its_number(arena, where);
  }

  [[nodiscard]] PYMALLOC_UNCHECKED Check last_of_its_number(const ArenaObject& arena,
                                                            const Location& where) const {
    if constexpr (HeapState<L>::has_nfp2lasta) {
      const ArenaObject* const last = state_.nfp2lasta[arena.nfreepools];
      const bool is_last = arena.nextarena == nullptr || arena.nextarena->nfreepools != arena.nfreepools;
      const bool exact =
          is_last ? last == &arena : in_table(last) && last != &arena && last->nfreepools == arena.nfreepools;
      if (!exact) {
        return Violation{
            invariant::nfp2lasta_exact, where,
            "nfp2lasta[" + std::to_string(arena.nfreepools) + "] to be the last with that number",
            last == nullptr ? "null" : hex(address_of(last))};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] static std::string neighbours(const ArenaObject& arena) {
    const auto number = [](const ArenaObject* other) {
      return other == nullptr ? std::string("none") : std::to_string(other->nfreepools);
    };
    return number(arena.prevarena) + " before it, " + number(arena.nextarena) + " behind it";
  }

  [[nodiscard]] PYMALLOC_UNCHECKED bool in_table(const ArenaObject* arena) const {
    const std::uintptr_t offset = address_of(arena) - address_of(state_.arenas);
    return offset % sizeof(ArenaObject) == 0 && offset / sizeof(ArenaObject) < state_.maxarenas;
  }
  [[nodiscard]] static Location at(std::optional<std::uint32_t> arena, std::uintptr_t address) {
    return {.arena = arena, .pool = {}, .block = {}, .size_class = {}, .address = address};
  }

  const HeapState<L>& state_;
  Readable readable_;
};

}  // namespace pymalloc
