#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "allocator/testing/arena_corruptions.hpp"
#include "allocator/testing/pool_corruptions.hpp"

namespace pymalloc {
namespace {

using ::testing::HasSubstr;

template <Layout L>
Corruptions<L> all_corruptions() {
  Corruptions<L> list = ArenaCorruptions<L>::all();
  const Corruptions<L> pools = PoolCorruptions<L>::all();
  list.insert(list.end(), pools.begin(), pools.end());
  return list;
}

void expect_sign(const Violation& violation, const Sign& sign) {
  SCOPED_TRACE(to_string(violation));
  if (sign.arena) EXPECT_EQ(violation.where.arena, sign.arena);
  if (sign.pool) EXPECT_EQ(violation.where.pool, sign.pool);
  if (sign.size_class) EXPECT_EQ(violation.where.size_class, sign.size_class);
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

/// One corruption of one layout's heap.
struct Story {
  std::string name;
  std::function<void()> tell;
};

void PrintTo(const Story& story, std::ostream* out) {
  *out << story.name;
}

template <Layout L>
void add_stories(std::vector<Story>& stories) {
  for (const Corruption<L>& corruption : all_corruptions<L>()) {
    std::string name = std::string(L::name) + "_" + std::string(corruption.invariant) + "_" + corruption.how;
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    stories.push_back({name, [corruption] { tell(corruption); }});
  }
}

std::vector<Story> all_stories() {
  std::vector<Story> stories;
  add_stories<Tiny>(stories);
  add_stories<Classic>(stories);
  add_stories<Aligned16>(stories);
  add_stories<Modern>(stories);
  return stories;
}

class CorruptHeap : public ::testing::TestWithParam<Story> {};

TEST_P(CorruptHeap, IsReportedByThatName) {
  GetParam().tell();
}

INSTANTIATE_TEST_SUITE_P(Every, CorruptHeap, ::testing::ValuesIn(all_stories()),
                         [](const auto& info) { return info.param.name; });

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
