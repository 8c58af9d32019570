#pragma once

#include <bit>
#include <initializer_list>
#include <vector>

#include "allocator/invariants/near_checks.hpp"
#include "allocator/testing/victim.hpp"

namespace pymalloc {

/// A block of each pool whose surroundings a checker may be asked about.
template <Layout L>
[[nodiscard]] std::vector<const void*> vantage_points(Victim<L>& victim) {
  std::vector<const void*> blocks;
  const auto first_pool = [&](std::uint32_t arena) {
    return std::bit_cast<const PoolHeader*>(first_pool_of<L>(victim.state().arenas[arena].address));
  };
  // Arena 0 is exhausted, arena 2 misaligned.
  for (const PoolHeader* pool : std::initializer_list<const PoolHeader*>{
           victim.full, victim.used, victim.other, victim.empty, victim.empties[0], victim.pair[0],
           victim.pair[1], first_pool(0), first_pool(2)}) {
    blocks.push_back(reinterpret_cast<const std::byte*>(pool) + Geometry<L>::overhead);
  }
  return blocks;
}

/// The first violation seen from any of them.
template <Layout L>
[[nodiscard]] Check look_around(Victim<L>& victim, const std::vector<const void*>& blocks) {
  for (const void* block : blocks) {
    if (Check violation = NearChecks<L>(victim.state(), readable_by_system()).check(block)) return violation;
  }
  return std::nullopt;
}

}  // namespace pymalloc
