#pragma once

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// Each arena object by itself: its memory, its pools, its freepools.
template <Layout L>
class ArenaChecks {
 public:
  using Geo = Geometry<L>;
  explicit ArenaChecks(const Inspection<L>& inspection) : in_(inspection) {}

  [[nodiscard]] Check readable() const {
    for (const std::uint32_t i : in_.by_address) {
      if (in_.readable(arena(i).address, L::arena_size)) continue;
      return Violation{invariant::arena_readable, in_.where(i),
                       std::to_string(L::arena_size) + " bytes of readable memory",
                       "memory that cannot be read"};
    }
    return std::nullopt;
  }

  [[nodiscard]] Check disjoint() const {
    for (std::size_t i = 1; i < in_.by_address.size(); ++i) {
      const std::uint32_t lower = in_.by_address[i - 1];
      const std::uint32_t upper = in_.by_address[i];
      if (arena(upper).address - arena(lower).address >= L::arena_size) continue;
      return Violation{invariant::arenas_disjoint, in_.where(upper),
                       "an address from " + hex(arena(lower).address + L::arena_size) +
                           " on, the end of arena " + std::to_string(lower),
                       hex(arena(upper).address)};
    }
    return std::nullopt;
  }

  [[nodiscard]] Check total_pools() const {
    for (const std::uint32_t i : in_.by_address) {
      const bool aligned = arena(i).address % L::pool_size == 0;
      const std::uint32_t fit = Geo::pools_per_arena - (aligned ? 0 : 1);
      if (arena(i).ntotalpools == fit) continue;
      return Violation{invariant::arena_total_pools, in_.where(i), "ntotalpools = " + std::to_string(fit),
                       std::to_string(arena(i).ntotalpools)};
    }
    return std::nullopt;
  }

  [[nodiscard]] Check pool_address() const {
    for (const std::uint32_t i : in_.by_address) {
      const std::uintptr_t first = first_pool_of<L>(arena(i).address);
      const std::uintptr_t end = first + arena(i).ntotalpools * L::pool_size;
      const std::uintptr_t next = address_of(arena(i).pool_address);
      if (next % L::pool_size == 0 && next >= first && next <= end) continue;
      return Violation{invariant::arena_pool_address, in_.where(i),
                       "a pool boundary from " + hex(first) + " to " + hex(end), hex(next)};
    }
    return std::nullopt;
  }

  /// Follows freepools: at most as many links as there are carved pools, or one comes twice.
  [[nodiscard]] Check free_pools() const {
    for (const std::uint32_t i : in_.by_address) {
      std::uint32_t seen = 0;
      for (const PoolHeader* pool = arena(i).freepools; pool != nullptr; pool = peek(pool->nextpool)) {
        Location where = in_.where(i);
        where.address = address_of(pool);
        if (!Inspection<L>::is_carved_pool_of(arena(i), pool)) {
          return Violation{invariant::arena_free_pools, where, "a carved pool of arena " + std::to_string(i),
                           hex(address_of(pool))};
        }
        if (++seen > carved(i)) {
          return Violation{invariant::arena_free_pools, in_.where(pool),
                           "an end after " + std::to_string(carved(i)) + " pools at most",
                           "a pool that comes twice"};
        }
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Check free_pool_count() const {
    for (const std::uint32_t i : in_.by_address) {
      std::uint32_t listed = 0;
      for (const PoolHeader* pool = arena(i).freepools; pool != nullptr; pool = peek(pool->nextpool))
        ++listed;
      const std::uint32_t uncarved = arena(i).ntotalpools - carved(i);
      if (arena(i).nfreepools == listed + uncarved) continue;
      return Violation{invariant::arena_free_pool_count, in_.where(i),
                       "nfreepools = " + std::to_string(listed + uncarved) + " (" + std::to_string(listed) +
                           " in freepools, " + std::to_string(uncarved) + " not yet carved)",
                       std::to_string(arena(i).nfreepools)};
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] const ArenaObject& arena(std::uint32_t index) const { return in_.state.arenas[index]; }
  [[nodiscard]] std::uint32_t carved(std::uint32_t index) const {
    return static_cast<std::uint32_t>(
        (address_of(arena(index).pool_address) - first_pool_of<L>(arena(index).address)) / L::pool_size);
  }

  const Inspection<L>& in_;
};

}  // namespace pymalloc
