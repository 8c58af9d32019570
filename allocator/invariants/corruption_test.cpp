#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>
#include <vector>

#include "allocator/testing/all_corruptions.hpp"

namespace pymalloc {
namespace {

using ::testing::HasSubstr;

void expect_sign(const Violation& violation, const Sign& sign) {
  SCOPED_TRACE(to_string(violation));
  if (sign.arena) {
    EXPECT_EQ(violation.where.arena, sign.arena);
  }
  if (sign.pool) {
    EXPECT_EQ(violation.where.pool, sign.pool);
  }
  if (sign.size_class) {
    EXPECT_EQ(violation.where.size_class, sign.size_class);
  }
  EXPECT_THAT(violation.expected, HasSubstr(sign.expected));
  EXPECT_THAT(violation.found, HasSubstr(sign.found));
}

/// The whole story of one corruption: clean, damaged and named, repaired and clean again.
template <Layout L>
void tell(const Corruption<L>& corruption) {
  Victim<L> victim;
  ASSERT_EQ(victim.violation(), "") << "the heap was not sound to begin with";
  Damage damage;
  const Sign sign = corruption.damage(victim, damage);
  const Check violation = check(victim.state());
  ASSERT_TRUE(violation) << "the damage was not seen";
  EXPECT_EQ(violation->invariant, corruption.invariant) << to_string(*violation);
  expect_sign(*violation, sign);
  damage.repair();
  EXPECT_EQ(victim.violation(), "") << "the heap was not repaired";
}

class CorruptHeap : public ::testing::TestWithParam<Corruption<Tiny>> {};

TEST_P(CorruptHeap, IsReportedByThatName) {
  tell(GetParam());
}

std::string name_of(const Corruption<Tiny>& corruption) {
  std::string name = std::string(corruption.invariant) + "_" + corruption.how;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

/// Every kind of damage there is can be done to the smallest layout; each is a test of its own there.
INSTANTIATE_TEST_SUITE_P(Every, CorruptHeap, ::testing::ValuesIn(all_corruptions<Tiny>()),
                         [](const auto& story) { return name_of(story.param); });

/// Between them these have every part that Aligned16 is made of.
template <class L>
class CorruptHeapOf : public ::testing::Test {};
using LargeLayouts = ::testing::Types<Classic, Modern>;
TYPED_TEST_SUITE(CorruptHeapOf, LargeLayouts, LayoutNames);

TYPED_TEST(CorruptHeapOf, IsReportedByThatNameWhateverTheDamage) {
  for (const Corruption<TypeParam>& corruption : all_corruptions<TypeParam>()) {
    SCOPED_TRACE(::testing::PrintToString(corruption));
    tell(corruption);
  }
}

TEST(CorruptHeaps, CoverTheWholeCatalogue) {
  std::set<std::string_view> covered;
  for (const Corruption<Tiny>& corruption : all_corruptions<Tiny>()) covered.insert(corruption.invariant);
  for (const Invariant& invariant : catalogue) {
    EXPECT_EQ(covered.count(invariant.name), 1U) << "no corruption breaks " << invariant.name;
  }
  EXPECT_EQ(covered.size(), catalogue.size());
}

template <class L>
class VictimOf : public ::testing::Test {};
TYPED_TEST_SUITE(VictimOf, AllLayouts, LayoutNames);

TYPED_TEST(VictimOf, HasArenasAndPoolsInEveryState) {
  Victim<TypeParam> v;
  EXPECT_EQ(v.violation(), "");
  EXPECT_EQ(v.arena(0).nfreepools, 0U);
  EXPECT_EQ(v.arena(1).nfreepools, 1U);
  EXPECT_EQ(v.arena(2).nfreepools, 1U);
  EXPECT_EQ(v.arena(2).ntotalpools, v.pools_per_arena - 1);
  EXPECT_EQ(v.freepools(3), (std::vector<const PoolHeader*>{v.empties[0], v.empties[1]}));
  EXPECT_EQ(v.used_list(0), (std::vector<const PoolHeader*>{v.used}));
  EXPECT_EQ(v.used_list(1), (std::vector<const PoolHeader*>{v.other}));
  EXPECT_EQ(v.used_list(v.largest_class), (std::vector<const PoolHeader*>{v.pair[0], v.pair[1]}));
  EXPECT_EQ(v.free_list(v.used).size(), 3U);
  EXPECT_EQ(peek(v.full->ref_count), v.capacity(0));
  ASSERT_NE(v.state().unused_arena_objects, nullptr);
  EXPECT_NE(v.state().unused_arena_objects->nextarena, nullptr);
}

}  // namespace
}  // namespace pymalloc
