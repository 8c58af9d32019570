#pragma once

#include <bitset>

#include "allocator/invariants/catalogue.hpp"
#include "allocator/invariants/inspection.hpp"

namespace pymalloc {

/// Pools against their arenas, and the heap's totals against a recount.
template <Layout L>
class AccountingChecks {
 public:
  using Geo = Geometry<L>;
  explicit AccountingChecks(const Inspection<L>& inspection) : in_(inspection), state_(inspection.state) {}

  /// Relies on ArenaChecks and on every pool's own checks.
  [[nodiscard]] Check pools() const {
    for (const std::uint32_t index : in_.by_address) {
      const ArenaObject& arena = state_.arenas[index];
      const std::uintptr_t first = first_pool_of<L>(arena.address);
      std::bitset<Geo::pools_per_arena> listed;
      for (const PoolHeader* pool = arena.freepools; pool != nullptr; pool = peek(pool->nextpool)) {
        listed[(address_of(pool) - first) / L::pool_size] = true;
        if (peek(pool->ref_count) == 0) continue;
        return Violation{invariant::pool_state, in_.where(pool), "ref.count = 0 in a pool of freepools",
                         std::to_string(peek(pool->ref_count))};
      }
      for (std::uintptr_t pool = first; pool < address_of(arena.pool_address); pool += L::pool_size) {
        const auto* const header = std::bit_cast<const PoolHeader*>(pool);
        if (peek(header->ref_count) > 0 || listed[(pool - first) / L::pool_size]) continue;
        return Violation{invariant::arena_pools_accounted, in_.where(header),
                         "a pool with blocks in use, or in freepools", "neither"};
      }
    }
    return std::nullopt;
  }

  /// Relies on every other check.
  [[nodiscard]] Check totals() const {
    Totals recount;
    recount.arenas = in_.by_address.size();
    (void)in_.for_each_pool([&](std::uint32_t, const PoolHeader* pool) -> Check {
      const std::uint64_t count = peek(pool->ref_count);
      recount.blocks += count;
      recount.bytes += count * Geo::block_size(peek(pool->szidx));
      recount.pools += count > 0 ? 1 : 0;
      return std::nullopt;
    });
    const Totals& kept = state_.totals;
    if (Check violation = total(invariant::totals_blocks, "blocks in use", recount.blocks, kept.blocks))
      return violation;
    if (Check violation = total(invariant::totals_bytes, "bytes in use", recount.bytes, kept.bytes))
      return violation;
    if (Check violation = total(invariant::totals_pools, "pools in use", recount.pools, kept.pools))
      return violation;
    return total(invariant::totals_arenas, "arenas", recount.arenas, kept.arenas);
  }

 private:
  [[nodiscard]] static Check total(std::string_view name, std::string_view what, std::uint64_t expected,
                                   std::uint64_t found) {
    if (expected == found) return std::nullopt;
    return Violation{name, {}, std::to_string(expected) + " " + std::string(what), std::to_string(found)};
  }

  const Inspection<L>& in_;
  const HeapState<L>& state_;
};

}  // namespace pymalloc
