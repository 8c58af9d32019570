// What is damaged near a block is seen from the block, and a sound heap is never accused from any of its
// blocks.
#include "allocator/invariants/near_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "allocator/testing/arena_corruptions.hpp"
#include "allocator/testing/pool_corruptions.hpp"
#include "allocator/testing/vantage_points.hpp"

namespace pymalloc {
namespace {

template <class L>
class NearChecksOf : public ::testing::Test {};
TYPED_TEST_SUITE(NearChecksOf, AllLayouts, LayoutNames);

TYPED_TEST(NearChecksOf, ASoundHeapAccuseNobody) {
  Victim<TypeParam> victim;
  const Check violation = look_around(victim, vantage_points(victim));
  EXPECT_FALSE(violation) << to_string(*violation);
}

TYPED_TEST(NearChecksOf, NoArenaSayNothing) {
  Victim<TypeParam> victim;
  const NearChecks<TypeParam> checks(victim.state(), readable_by_system());
  EXPECT_FALSE(checks.check(nullptr));
}

TYPED_TEST(NearChecksOf, NothingThatMayNotBeReadSayNothing) {
  Victim<TypeParam> victim;
  const Readable nothing = {[](const void*, std::uintptr_t, std::size_t) { return false; }};
  const NearChecks<TypeParam> checks(victim.state(), nothing);
  for (const void* block : vantage_points(victim)) EXPECT_FALSE(checks.check(block));
}

/// Damage, and the invariant that a block beside it must name.
template <Layout L>
struct NearDamage {
  std::string_view invariant;
  const char* how;
  std::function<const PoolHeader*(Victim<L>&, Damage&)> done;  ///< a pool to look from
};

template <Layout L>
[[nodiscard]] std::vector<NearDamage<L>> headers_and_arenas() {
  using V = Victim<L>;
  return {
      {invariant::pool_ref_count, "a block more than is carved",
       [](V& v, Damage& d) {
         d.write(v.used->ref_count, 6U);
         return v.used;
       }},
      {invariant::pool_ref_count, "all that is carved, and one is free",
       [](V& v, Damage& d) {
         d.write(v.used->ref_count, 5U);
         return v.used;
       }},
      {invariant::pool_ref_count, "a block less than all in a full pool",
       [](V& v, Damage& d) {
         d.write(v.full->ref_count, peek(v.full->ref_count) - 1);
         return v.full;
       }},
      {invariant::pool_ref_count, "the right number in its low half",
       [](V& v, Damage& d) {
         d.write(v.used->ref_count, peek(v.used->ref_count) + 0x10000);
         return v.used;
       }},
      {invariant::arena_free_pool_count, "fewer than are not yet carved",
       [](V& v, Damage& d) {
         d.write(v.arena(4).pool_address, v.arena(4).pool_address - L::pool_size);
         d.write(v.arena(4).nfreepools, 0U);
         return v.full;
       }},
      {invariant::arena_free_pool_count, "more than there are",
       [](V& v, Damage& d) {
         d.write(v.arena(4).nfreepools, v.arena(4).ntotalpools + 1);
         return v.full;
       }},
      {invariant::usable_arenas_links, "a neighbour behind the table",
       [](V& v, Damage& d) {
         d.write(v.arena(1).nextarena, v.state().arenas + v.state().maxarenas);
         return v.empty;
       }},
      {invariant::usable_arenas_links, "a neighbour between two entries",
       [](V& v, Damage& d) {
         d.write(v.arena(1).nextarena, std::bit_cast<ArenaObject*>(address_of(&v.arena(3)) + 8));
         return v.empty;
       }},
      {invariant::used_lists_one_class, "the pool before it is of another class",
       [](V& v, Damage& d) {
         d.write(v.pair[1]->prevpool, v.other);
         return v.pair[1];
       }},
      {invariant::used_lists_complete, "the head leads past the first pool",
       [](V& v, Damage& d) {
         d.write(v.head(V::largest_class)->nextpool, v.pair[1]);
         return v.pair[0];
       }},
  };
}

/// Arena 2 is the first of those with one free pool, so that another is the last.
template <Layout L>
[[nodiscard]] NearDamage<L> last_of_arena_2(const char* how, std::function<ArenaObject*(Victim<L>&)> wrong) {
  return {invariant::nfp2lasta_exact, how, [wrong](Victim<L>& v, Damage& d) {
            d.write(v.state().nfp2lasta[1], wrong(v));
            return std::bit_cast<const PoolHeader*>(first_pool_of<L>(v.arena(2).address));
          }};
}

TYPED_TEST(NearChecksOf, ABlockNameTheInvariantThatIsBrokenBesideIt) {
  using V = Victim<TypeParam>;
  std::vector<NearDamage<TypeParam>> all = headers_and_arenas<TypeParam>();
  if constexpr (HeapState<TypeParam>::has_nfp2lasta) {
    all.push_back(last_of_arena_2<TypeParam>("null", [](V&) { return nullptr; }));
    all.push_back(last_of_arena_2<TypeParam>("itself", [](V& v) { return &v.arena(2); }));
    all.push_back(last_of_arena_2<TypeParam>("one with another number", [](V& v) { return &v.arena(3); }));
    all.push_back(last_of_arena_2<TypeParam>("behind the table",
                                             [](V& v) { return v.state().arenas + v.state().maxarenas; }));
  }
  for (const NearDamage<TypeParam>& each : all) {
    SCOPED_TRACE(std::string(each.invariant) + ": " + each.how);
    V victim;
    Damage damage;
    const PoolHeader* const pool = each.done(victim, damage);
    const std::byte* const block = reinterpret_cast<const std::byte*>(pool) + Geometry<TypeParam>::overhead;
    const NearChecks<TypeParam> checks(victim.state(), readable_by_system());
    const Check violation = checks.check(block);
    EXPECT_EQ(violation ? violation->invariant : "nothing", each.invariant);
    damage.repair();
    EXPECT_FALSE(checks.check(block)) << "the heap was not repaired";
  }
}

/// Of the catalogue, what can be seen from a block: in the words of near checks, for any damage to it.
TEST(NearChecks, SeeWhatIsDamagedBesideABlock) {
  std::set<std::string_view> seen;
  Corruptions<Tiny> all = ArenaCorruptions<Tiny>::all();
  for (const Corruption<Tiny>& corruption : PoolCorruptions<Tiny>::all()) all.push_back(corruption);
  for (const Corruption<Tiny>& corruption : all) {
    SCOPED_TRACE(::testing::PrintToString(corruption));
    Victim<Tiny> victim;
    const std::vector<const void*> blocks = vantage_points(victim);
    Damage damage;
    (void)corruption.damage(victim, damage);
    if (look_around(victim, blocks)) seen.insert(corruption.invariant);
    damage.repair();
    EXPECT_FALSE(look_around(victim, blocks)) << "the heap was not repaired";
  }
  // What is missing needs a walk: a link deep in a free list, a count that could be right, an arena far away.
  EXPECT_THAT(seen, ::testing::IsSupersetOf(std::vector<std::string_view>{invariant::arenas_disjoint,
                                                                          invariant::arena_pool_address,
                                                                          invariant::arena_total_pools,
                                                                          invariant::arena_free_pool_count,
                                                                          invariant::usable_arenas_links,
                                                                          invariant::usable_arenas_complete,
                                                                          invariant::usable_arenas_sorted,
                                                                          invariant::nfp2lasta_exact,
                                                                          invariant::arenas_kept,
                                                                          invariant::map_holds_arenas,
                                                                          invariant::pool_arena_index,
                                                                          invariant::pool_size_class,
                                                                          invariant::pool_max_next_offset,
                                                                          invariant::pool_next_offset,
                                                                          invariant::free_list_inside_pool,
                                                                          invariant::pool_full_or_ready,
                                                                          invariant::pool_state,
                                                                          invariant::arena_pools_accounted,
                                                                          invariant::used_lists_circular,
                                                                          invariant::used_lists_back_links,
                                                                          invariant::used_lists_one_class,
                                                                          invariant::used_lists_complete}));
}

}  // namespace
}  // namespace pymalloc
