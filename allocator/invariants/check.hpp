#pragma once

#include "allocator/invariants/accounting_checks.hpp"
#include "allocator/invariants/arena_checks.hpp"
#include "allocator/invariants/arena_list_checks.hpp"
#include "allocator/invariants/map_checks.hpp"
#include "allocator/invariants/pool_checks.hpp"
#include "allocator/invariants/used_list_checks.hpp"

namespace pymalloc {

/// Every pool's own checks, and that it names the arena it lies in. Relies on ArenaChecks.
template <Layout L>
[[nodiscard]] Check check_pools(const Inspection<L>& in) {
  const auto where = [&in](const void* address) { return in.where(address); };
  return in.for_each_pool([&](std::uint32_t arena, const PoolHeader* pool) -> Check {
    const std::uint32_t named = peek(pool->arenaindex);
    if (named != arena) {
      return Violation{invariant::pool_arena_index, in.where(pool), "arenaindex = " + std::to_string(arena),
                       std::to_string(named)};
    }
    return PoolChecks<L, decltype(where)>(pool, where).check();
  });
}

/// Walks a whole heap and returns the first invariant that does not hold, in the order of the catalogue: each
/// check relies only on those before it, so that the first broken one is the cause as far as it can be seen.
/// Never crashes on a damaged heap as long as the heap's own members and the extent of its table are sound.
template <Layout L>
[[nodiscard]] Check check(const HeapState<L>& state, Readable readable = readable_by_system()) {
  const Inspection<L> in(state, readable);
  const ArenaChecks<L> arenas(in);
  if (Check violation = arenas.readable()) return violation;
  if (Check violation = arenas.disjoint()) return violation;
  if (Check violation = arenas.total_pools()) return violation;
  if (Check violation = arenas.pool_address()) return violation;
  if (Check violation = arenas.free_pools()) return violation;
  if (Check violation = arenas.free_pool_count()) return violation;
  const ArenaListChecks<L> lists(in);
  if (Check violation = lists.unused_exact()) return violation;
  if (Check violation = lists.usable_links()) return violation;
  if (Check violation = lists.usable_free_pool()) return violation;
  if (Check violation = lists.usable_complete()) return violation;
  if (Check violation = lists.usable_sorted()) return violation;
  if (Check violation = lists.nfp2lasta()) return violation;
  if (Check violation = lists.kept()) return violation;
  const MapChecks<L> map(in);
  if (Check violation = map.holds_arenas()) return violation;
  if (Check violation = map.only_arenas()) return violation;
  if (Check violation = check_pools(in)) return violation;
  const AccountingChecks<L> accounting(in);
  if (Check violation = accounting.pools()) return violation;
  const UsedListChecks<L> used(in);
  if (Check violation = used.lists()) return violation;
  if (Check violation = used.complete()) return violation;
  return accounting.totals();
}

}  // namespace pymalloc
