// What is damaged near a block is seen from the block, and a sound heap is never accused from any of its
// blocks.
#include "allocator/invariants/near_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "allocator/testing/arena_corruptions.hpp"
#include "allocator/testing/pool_corruptions.hpp"

namespace pymalloc {
namespace {

/// A block of each pool whose surroundings a checker may be asked about.
template <Layout L>
[[nodiscard]] std::vector<const void*> vantage_points(const Victim<L>& victim) {
  std::vector<const void*> blocks;
  for (PoolHeader* pool : {victim.full, victim.used, victim.other, victim.empty, victim.empties[0],
                           victim.pair[0], victim.pair[1]}) {
    blocks.push_back(reinterpret_cast<const std::byte*>(pool) + Geometry<L>::overhead);
  }
  return blocks;
}

/// The first violation seen from any of them.
template <Layout L>
[[nodiscard]] Check look_around(Victim<L>& victim) {
  for (const void* block : vantage_points(victim)) {
    if (Check violation = NearChecks<L>(victim.state(), readable_by_system()).check(block)) return violation;
  }
  return std::nullopt;
}

template <class L>
class NearChecksOf : public ::testing::Test {};
TYPED_TEST_SUITE(NearChecksOf, AllLayouts, LayoutNames);

TYPED_TEST(NearChecksOf, ASoundHeapAccuseNobody) {
  Victim<TypeParam> victim;
  const Check violation = look_around(victim);
  EXPECT_FALSE(violation) << to_string(*violation);
}

TYPED_TEST(NearChecksOf, NoArenaSayNothing) {
  Victim<TypeParam> victim;
  const NearChecks<TypeParam> checks(victim.state(), readable_by_system());
  EXPECT_FALSE(checks.check(nullptr));
}

/// Of the catalogue, what can be seen from a block: in the words of near checks, for any damage to it.
TEST(NearChecks, SeeWhatIsDamagedBesideABlock) {
  std::set<std::string_view> seen;
  Corruptions<Tiny> all = ArenaCorruptions<Tiny>::all();
  for (const Corruption<Tiny>& corruption : PoolCorruptions<Tiny>::all()) all.push_back(corruption);
  for (const Corruption<Tiny>& corruption : all) {
    SCOPED_TRACE(::testing::PrintToString(corruption));
    Victim<Tiny> victim;
    Damage damage;
    (void)corruption.damage(victim, damage);
    if (look_around(victim)) seen.insert(corruption.invariant);
    damage.repair();
    EXPECT_FALSE(look_around(victim)) << "the heap was not repaired";
  }
  // What is missing needs a walk: a link deep in a free list, a count that could be right, an arena far away.
  EXPECT_THAT(seen, ::testing::IsSupersetOf(std::vector<std::string_view>{
                        invariant::arenas_disjoint,        invariant::arena_pool_address,
                        invariant::arena_free_pool_count,  invariant::usable_arenas_links,
                        invariant::usable_arenas_complete, invariant::usable_arenas_sorted,
                        invariant::nfp2lasta_exact,        invariant::arenas_kept,
                        invariant::map_holds_arenas,       invariant::pool_arena_index,
                        invariant::pool_size_class,        invariant::pool_max_next_offset,
                        invariant::pool_next_offset,       invariant::free_list_inside_pool,
                        invariant::pool_full_or_ready,     invariant::pool_state,
                        invariant::arena_pools_accounted,  invariant::used_lists_circular,
                        invariant::used_lists_back_links,  invariant::used_lists_one_class,
                        invariant::used_lists_complete}));
}

}  // namespace
}  // namespace pymalloc
