#include "allocator/arena_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

constexpr std::uint32_t arenas = 12;

/// The list beside an obviously right model of it: a vector that is sorted by hand.
template <Layout L>
class Lists {
 public:
  static constexpr std::uint32_t pools = Geometry<L>::pools_per_arena;

  /// A new arena with all its pools free. The list is empty.
  void insert_only(std::uint32_t i) {
    table_[i].nfreepools = pools;
    list_.insert_only(table_[i]);
    model_ = {i};
  }

  void first_lost_a_pool() {
    list_.first_lost_a_pool();
    if (table_[model_.front()].nfreepools == 0) model_.erase(model_.begin());
  }

  void gained_a_pool(std::uint32_t i) {
    const std::uint32_t now = table_[i].nfreepools + 1;
    list_.gained_a_pool(table_[i]);
    model_.erase(std::remove(model_.begin(), model_.end(), i), model_.end());
    // First among its equals: in front of the first that has as many or more.
    const auto place = std::find_if(model_.begin(), model_.end(),
                                    [&](std::uint32_t other) { return table_[other].nfreepools >= now; });
    model_.insert(place, i);
  }

  void remove(std::uint32_t i) {
    list_.remove(table_[i]);
    table_[i].nfreepools = 0;
    model_.erase(std::remove(model_.begin(), model_.end(), i), model_.end());
  }

  [[nodiscard]] std::uint32_t free_pools(std::uint32_t i) const { return table_[i].nfreepools; }
  [[nodiscard]] const std::vector<std::uint32_t>& model() const { return model_; }
  [[nodiscard]] const HeapState<L>& state() const { return state_; }

  /// Empty where list and model agree.
  [[nodiscard]] std::string difference() const {
    const ArenaObject* previous = nullptr;
    const ArenaObject* arena = state_.usable_arenas;
    std::array<const ArenaObject*, pools + 1> last{};
    for (const std::uint32_t i : model_) {
      if (arena != &table_[i]) return "the list has another arena where the model has " + std::to_string(i);
      if (arena->prevarena != previous) return "prevarena of " + std::to_string(i);
      last[arena->nfreepools] = arena;
      previous = arena;
      arena = arena->nextarena;
    }
    if (arena != nullptr) return "the list goes on behind the model's end";
    for (std::size_t n = 0; HeapState<L>::has_nfp2lasta && n <= pools; ++n) {
      if (state_.nfp2lasta[n] != last[n]) return "nfp2lasta[" + std::to_string(n) + "]";
    }
    return "";
  }

 private:
  HeapState<L> state_;
  std::array<ArenaObject, arenas> table_{};
  ArenaList<L> list_{state_};
  std::vector<std::uint32_t> model_;
};

template <class L>
class ArenaListOf : public ::testing::Test {};
TYPED_TEST_SUITE(ArenaListOf, AllLayouts, LayoutNames);

TYPED_TEST(ArenaListOf, AnExhaustedArenaLeavesTheList) {
  Lists<TypeParam> lists;
  lists.insert_only(0);
  for (std::uint32_t i = 0; i < lists.pools; ++i) {
    EXPECT_EQ(lists.difference(), "");
    lists.first_lost_a_pool();
  }
  EXPECT_EQ(lists.state().usable_arenas, nullptr);
  EXPECT_EQ(lists.difference(), "");
  EXPECT_EQ(lists.state().arena_events.exhausted, 1U);
}

/// `count` exhausted arenas, as after filling one behind the other.
template <Layout L>
void exhaust(Lists<L>& lists, std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    lists.insert_only(i);
    while (lists.free_pools(i) > 0) lists.first_lost_a_pool();
  }
}

TYPED_TEST(ArenaListOf, AnArenaThatBecomesUsableAgainGoesToTheFront) {
  Lists<TypeParam> lists;
  exhaust(lists, 3);
  for (const std::uint32_t i : {1U, 0U, 2U}) lists.gained_a_pool(i);
  EXPECT_EQ(lists.model(), (std::vector<std::uint32_t>{2, 0, 1}));
  EXPECT_EQ(lists.difference(), "");
}

TYPED_TEST(ArenaListOf, AnArenaMovesBehindItsFormerEqualsAndBecomesFirstAmongItsNewOnes) {
  Lists<TypeParam> lists;
  exhaust(lists, 4);
  for (const std::uint32_t i : {3U, 2U, 1U, 0U}) lists.gained_a_pool(i);
  lists.gained_a_pool(1);
  EXPECT_EQ(lists.model(), (std::vector<std::uint32_t>{0, 2, 3, 1}));
  EXPECT_EQ(lists.difference(), "");
  lists.gained_a_pool(0);
  EXPECT_EQ(lists.model(), (std::vector<std::uint32_t>{2, 3, 0, 1}));
  EXPECT_EQ(lists.difference(), "");
  EXPECT_EQ(lists.state().arena_events.moved, 2U);
  lists.gained_a_pool(3);
  EXPECT_EQ(lists.model(), (std::vector<std::uint32_t>{2, 3, 0, 1})) << "the last of its equals stays";
  EXPECT_EQ(lists.difference(), "");
  EXPECT_EQ(lists.state().arena_events.moved, 2U);
}

TYPED_TEST(ArenaListOf, ARemovedArenaLeavesItsNeighboursLinkedWhereverItStood) {
  for (const std::uint32_t removed : {0U, 1U, 2U}) {
    Lists<TypeParam> lists;
    exhaust(lists, 3);
    for (const std::uint32_t i : {2U, 1U, 0U}) lists.gained_a_pool(i);
    lists.remove(removed);
    EXPECT_EQ(lists.model().size(), 2U);
    EXPECT_EQ(lists.difference(), "") << removed;
  }
}

TYPED_TEST(ArenaListOf, AgreesWithASortedVectorThroughTenThousandRandomSteps) {
  Lists<TypeParam> lists;
  std::mt19937_64 random(2);
  for (int step = 0; step < 10000; ++step) {
    const auto arena = static_cast<std::uint32_t>(random() % arenas);
    const bool listed = lists.free_pools(arena) > 0;
    if (lists.model().empty()) {
      lists.insert_only(arena);
    } else if (random() % 2 == 0) {
      lists.first_lost_a_pool();
    } else if (listed && lists.free_pools(arena) == lists.pools) {
      lists.remove(arena);
    } else {
      lists.gained_a_pool(arena);
    }
    ASSERT_EQ(lists.difference(), "") << "step " << step;
  }
}

}  // namespace
}  // namespace pymalloc
