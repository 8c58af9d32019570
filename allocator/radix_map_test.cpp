#include "allocator/radix_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "allocator/testing/planned_raw.hpp"
#include "allocator/testing/test_heap.hpp"

namespace pymalloc {
namespace {

/// A tree and the allocator of its nodes. The addresses are numbers: no memory is behind them.
template <Layout L>
struct Tree {
  static constexpr std::uintptr_t cell = L::arena_size;
  PlannedRaw raw;
  RadixMap<L> map;

  Tree() = default;
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { map.clear(raw); }

  [[nodiscard]] bool mark(std::uintptr_t address) { return map.mark(address, raw); }
  [[nodiscard]] std::vector<std::uintptr_t> cells() const {
    std::vector<std::uintptr_t> numbers;
    map.visit_cells([&](std::uintptr_t number, const auto&) {
      numbers.push_back(number);
      return true;
    });
    return numbers;
  }
  void expect_exactly(std::uintptr_t arena) const {
    EXPECT_FALSE(map.contains(arena - 1)) << arena;
    EXPECT_TRUE(map.contains(arena)) << arena;
    EXPECT_TRUE(map.contains(arena + cell / 2)) << arena;
    EXPECT_TRUE(map.contains(arena + cell - 1)) << arena;
    EXPECT_FALSE(map.contains(arena + cell)) << arena;
  }
};

template <class L>
class RadixMapOf : public ::testing::Test {};
TYPED_TEST_SUITE(RadixMapOf, RadixLayouts, LayoutNames);

TYPED_TEST(RadixMapOf, AnEmptyTreeHoldsNoAddressAndNoNode) {
  const Tree<TypeParam> tree;
  for (unsigned bit = 0; bit < 64; ++bit) EXPECT_FALSE(tree.map.contains(std::uintptr_t{1} << bit));
  EXPECT_EQ(tree.map.nodes(), 0U);
  EXPECT_EQ(tree.map.find(0), nullptr);
}

TYPED_TEST(RadixMapOf, AnAlignedArenaFillsItsCellAndNothingBeside) {
  Tree<TypeParam> tree;
  const std::uintptr_t arena = 1000 * tree.cell;
  ASSERT_TRUE(tree.mark(arena));
  tree.expect_exactly(arena);
  EXPECT_EQ(tree.cells(), std::vector<std::uintptr_t>{1000});
  tree.map.unmark(arena);
  EXPECT_FALSE(tree.map.contains(arena));
  EXPECT_TRUE(tree.cells().empty());
}

TYPED_TEST(RadixMapOf, AMisalignedArenaCoversTheTailOfOneCellAndTheHeadOfTheNext) {
  for (const std::uintptr_t offset :
       {std::uintptr_t{16}, TypeParam::arena_size / 2, TypeParam::arena_size - 16}) {
    Tree<TypeParam> tree;
    const std::uintptr_t arena = 1000 * tree.cell + offset;
    ASSERT_TRUE(tree.mark(arena));
    tree.expect_exactly(arena);
    EXPECT_EQ(tree.cells(), (std::vector<std::uintptr_t>{1000, 1001}));
    tree.map.unmark(arena);
    EXPECT_TRUE(tree.cells().empty()) << "both halves are unmarked";
  }
}

TYPED_TEST(RadixMapOf, TwoArenasShareACell) {
  Tree<TypeParam> tree;
  const std::uintptr_t first = 1000 * tree.cell + 32;
  const std::uintptr_t second = first + tree.cell + 64;
  ASSERT_TRUE(tree.mark(first));
  ASSERT_TRUE(tree.mark(second));
  tree.expect_exactly(first);
  tree.expect_exactly(second);
  tree.map.unmark(first);
  EXPECT_FALSE(tree.map.contains(first + tree.cell - 1));
  tree.expect_exactly(second);
  ASSERT_TRUE(tree.mark(first));
  tree.map.unmark(second);
  tree.expect_exactly(first);
}

TYPED_TEST(RadixMapOf, ArenasThatTouchLeaveNoGapAndDoNotDependOnEachOther) {
  for (const std::uintptr_t offset : {std::uintptr_t{0}, std::uintptr_t{48}}) {
    Tree<TypeParam> tree;
    const std::uintptr_t first = 77 * tree.cell + offset;
    ASSERT_TRUE(tree.mark(first));
    ASSERT_TRUE(tree.mark(first + tree.cell));
    EXPECT_TRUE(tree.map.contains(first + tree.cell - 1));
    EXPECT_TRUE(tree.map.contains(first + tree.cell));
    tree.map.unmark(first);
    tree.expect_exactly(first + tree.cell);
  }
}

TYPED_TEST(RadixMapOf, AddressesThatDifferInAnySingleHighBitDoNotAlias) {
  for (unsigned bit = RadixMap<TypeParam>::arena_bits; bit < 64; ++bit) {
    Tree<TypeParam> tree;
    const std::uintptr_t arena = std::uintptr_t{0x2345'6789} << RadixMap<TypeParam>::arena_bits;
    const std::uintptr_t twin = arena ^ (std::uintptr_t{1} << bit);
    ASSERT_TRUE(tree.mark(arena));
    EXPECT_FALSE(tree.map.contains(twin)) << "2^" << bit << " apart";
    ASSERT_TRUE(tree.mark(twin));
    tree.map.unmark(arena);
    EXPECT_FALSE(tree.map.contains(arena)) << "2^" << bit << " apart";
    EXPECT_TRUE(tree.map.contains(twin)) << "2^" << bit << " apart";
  }
}

TYPED_TEST(RadixMapOf, TheLowestAndTheHighestCellsOfTheAddressSpaceCanBeHeld) {
  Tree<TypeParam> tree;
  const std::uintptr_t highest = ~std::uintptr_t{0} - tree.cell + 1;
  ASSERT_TRUE(tree.mark(tree.cell));
  ASSERT_TRUE(tree.mark(highest));
  tree.expect_exactly(tree.cell);
  EXPECT_TRUE(tree.map.contains(~std::uintptr_t{0}));
  EXPECT_FALSE(tree.map.contains(highest - 1));
  EXPECT_FALSE(tree.map.contains(0));
  EXPECT_EQ(tree.cells(), (std::vector<std::uintptr_t>{1, highest / tree.cell}));
}

TYPED_TEST(RadixMapOf, VisitsCellsAscendingAndStopsWhenToldTo) {
  Tree<TypeParam> tree;
  const std::vector<std::uintptr_t> numbers = {3, 4, 0x1'0000, 0x1'0001, 0x7'0000'0000};
  for (const std::size_t i : {3U, 0U, 4U, 1U, 2U}) ASSERT_TRUE(tree.mark(numbers[i] * tree.cell));
  EXPECT_EQ(tree.cells(), numbers);
  int visits = 0;
  tree.map.visit_cells([&visits](std::uintptr_t, const auto&) { return ++visits < 2; });
  EXPECT_EQ(visits, 2);
}

TYPED_TEST(RadixMapOf, NodesAreSharedAndStayUntilCleared) {
  Tree<TypeParam> tree;
  const std::uint64_t levels = TypeParam::radix_bits.size();
  ASSERT_TRUE(tree.mark(2 * tree.cell));
  EXPECT_EQ(tree.map.nodes(), levels);
  ASSERT_TRUE(tree.mark(3 * tree.cell));
  EXPECT_EQ(tree.map.nodes(), levels) << "the neighbour needs none of its own";
  ASSERT_TRUE(tree.mark(std::uintptr_t{1} << 63U));
  EXPECT_EQ(tree.map.nodes(), 2 * levels - 1) << "only the root is shared";
  EXPECT_EQ(tree.raw.live(), tree.map.nodes());
  tree.map.unmark(2 * tree.cell);
  EXPECT_EQ(tree.map.nodes(), 2 * levels - 1);
  tree.map.clear(tree.raw);
  EXPECT_EQ(tree.raw.live(), 0U);
  EXPECT_EQ(tree.map.nodes(), 0U);
  EXPECT_FALSE(tree.map.contains(3 * tree.cell));
  EXPECT_TRUE(tree.mark(3 * tree.cell)) << "a cleared tree can be used again";
}

/// The number of the last cell of a leaf: the arena that begins inside it goes on in another leaf.
template <Layout L>
constexpr std::uintptr_t last_of_leaf = (std::uintptr_t{1} << L::radix_bits.back()) - 1;

TYPED_TEST(RadixMapOf, AnArenaAcrossTwoLeavesIsHeldWhole) {
  Tree<TypeParam> tree;
  const std::uintptr_t arena = last_of_leaf<TypeParam> * tree.cell + 16;
  ASSERT_TRUE(tree.mark(arena));
  EXPECT_EQ(tree.map.nodes(), TypeParam::radix_bits.size() + 1);
  tree.expect_exactly(arena);
  tree.map.unmark(arena);
  EXPECT_TRUE(tree.cells().empty());
}

TYPED_TEST(RadixMapOf, ARefusedNodeOfEitherLeafLeavesTheSetAsItWas) {
  // The most nodes: across the middle of the address space, where the two leaves share only the root.
  const std::uintptr_t arena = (std::uintptr_t{1} << 63U) - TypeParam::arena_size / 2;
  const std::uint64_t nodes = 2 * TypeParam::radix_bits.size() - 1;
  for (std::uint64_t granted = 0; granted < nodes; ++granted) {
    Tree<TypeParam> tree;
    ASSERT_TRUE(tree.mark(std::uintptr_t{5} << 61U));
    const auto before = tree.cells();
    tree.raw.refuse_after(granted);
    if (granted == nodes - 1) {
      // The root was there already: one node less is needed.
      ASSERT_TRUE(tree.mark(arena));
      EXPECT_TRUE(tree.raw.refusal_pending());
      break;
    }
    ASSERT_FALSE(tree.mark(arena)) << granted;
    EXPECT_EQ(tree.cells(), before) << granted;
    EXPECT_FALSE(tree.map.contains(arena)) << granted;
    EXPECT_FALSE(tree.map.contains(arena + tree.cell - 1)) << granted;
    ASSERT_TRUE(tree.mark(arena)) << granted << ": nothing is refused any more";
    tree.expect_exactly(arena);
  }
}

TYPED_TEST(RadixMapOf, AgreesWithASetOfArenasThroughAThousandSteps) {
  Tree<TypeParam> tree;
  std::set<std::uintptr_t> arenas;
  std::mt19937_64 random(1);
  const auto overlaps = [&](std::uintptr_t address) {
    const auto after = arenas.lower_bound(address);
    if (after != arenas.end() && *after - address < tree.cell) return true;
    return after != arenas.begin() && address - *std::prev(after) < tree.cell;
  };
  const auto held = [&](std::uintptr_t address) {
    const auto after = arenas.upper_bound(address);
    return after != arenas.begin() && address - *std::prev(after) < tree.cell;
  };
  for (int step = 0; step < 1000; ++step) {
    const std::uintptr_t near = (last_of_leaf<TypeParam> - 8) * tree.cell;
    const std::uintptr_t address = near + random() % (16 * tree.cell) / 16 * 16;
    if (!overlaps(address)) {
      ASSERT_TRUE(tree.mark(address));
      arenas.insert(address);
    } else {
      const auto victim = std::next(arenas.begin(), static_cast<std::ptrdiff_t>(random() % arenas.size()));
      tree.map.unmark(*victim);
      arenas.erase(victim);
    }
    for (int probe = 0; probe < 20; ++probe) {
      const std::uintptr_t asked = near - tree.cell + random() % (20 * tree.cell);
      ASSERT_EQ(tree.map.contains(asked), held(asked)) << "step " << step << ", address " << asked;
    }
    for (const std::uintptr_t arena : arenas) {
      ASSERT_TRUE(tree.map.contains(arena) && tree.map.contains(arena + tree.cell - 1)) << "step " << step;
      ASSERT_EQ(tree.map.contains(arena - 1), held(arena - 1)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace pymalloc
