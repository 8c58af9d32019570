#pragma once

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// The radix tree against the table of arenas, both ways. A layout that asks the pool headers instead has
/// nothing to check here: pool.arena-index is its map. Relies on ArenaChecks.
template <Layout L>
class MapChecks {
 public:
  explicit MapChecks(const Inspection<L>& inspection) : in_(inspection) {}

  [[nodiscard]] Check holds_arenas() const {
    if constexpr (HeapState<L>::has_radix_map) {
      for (const std::uint32_t i : in_.by_address) {
        const std::uintptr_t first = in_.state.arenas[i].address;
        const std::uintptr_t last = first + L::arena_size - 1;
        if (Check violation = byte(i, first, true)) return violation;
        if (Check violation = byte(i, last, true)) return violation;
        if (Check violation = byte(i, first - 1, in_.arena_at(first - 1).has_value())) return violation;
        if (Check violation = byte(i, last + 1, in_.arena_at(last + 1).has_value())) return violation;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Check only_arenas() const {
    Check result;
    if constexpr (HeapState<L>::has_radix_map) {
      in_.state.map.visit_cells([&](std::uintptr_t number, const typename RadixMap<L>::Cell& cell) {
        const std::uintptr_t start = number << RadixMap<L>::arena_bits;
        const std::uintptr_t end = start + L::arena_size;
        if (cell.tail != 0) result = is_arena(end - cell.tail, end - cell.tail);
        if (!result && cell.head != 0) result = is_arena(start + cell.head - L::arena_size, start);
        return !result;
      });
    }
    return result;
  }

 private:
  [[nodiscard]] Check byte(std::uint32_t arena, std::uintptr_t address, bool expected) const {
    if (in_.state.map.contains(address) == expected) return std::nullopt;
    Location where = in_.where(arena);
    where.address = address;
    return Violation{expected ? invariant::map_holds_arenas : invariant::map_only_arenas, where,
                     expected ? "an address in the map" : "an address outside all arenas not in the map",
                     expected ? "it is not" : "it is"};
  }

  /// What the map says begins at `begin` must be an arena that does; `marked` is a byte of it.
  [[nodiscard]] Check is_arena(std::uintptr_t begin, std::uintptr_t marked) const {
    const std::optional<std::uint32_t> arena = in_.arena_at(begin);
    if (arena && in_.state.arenas[*arena].address == begin) return std::nullopt;
    return Violation{invariant::map_only_arenas,
                     {.arena = {}, .pool = {}, .block = {}, .size_class = {}, .address = marked},
                     "an arena that begins at " + hex(begin),
                     "no such arena"};
  }

  const Inspection<L>& in_;
};

}  // namespace pymalloc
