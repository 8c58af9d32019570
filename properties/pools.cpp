#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "allocator/digest.hpp"
#include "harness/base/random.hpp"
#include "properties/support/home.hpp"
#include "properties/support/layouts.hpp"
#include "properties/support/programs.hpp"
#include "properties/support/property.hpp"

namespace poolhammer {
namespace {

using pymalloc::Digest;
using pymalloc::Geometry;

template <class L>
class Pools : public testing::Test {};
TYPED_TEST_SUITE(Pools, Layouts, LayoutName);

// The first malloc and free of a class may open a pool or an arena, convert an empty pool, or carve a block.
// The second finds what the first left, and takes back every step of its own. Refusals would be used up on
// the way, so that none may be waiting.
TYPED_TEST(Pools, MallocThenFreeRestoresTheStateWhichAnEarlierPairLeft) {
  using L = TypeParam;
  holds(with(programs(layout_id<L>), small_sizes(layout_id<L>)),
        [](const ProgramWith<std::size_t>& value) -> Outcome {
          Home<L> home;
          home.perform(value.trace);
          home.refuse_nothing();
          home.heap().free(home.heap().malloc(value.extra));
          const std::uint64_t before = Digest<L>::of(home.state());
          void* const block = home.heap().malloc(value.extra);
          if (Digest<L>::of(home.state()) == before) return "malloc left no trace in the digest";
          home.heap().free(block);
          const std::uint64_t after = Digest<L>::of(home.state());
          if (after == before) return std::nullopt;
          return fmt::format("expected digest {:#x}, found {:#x}", before, after);
        });
}

/// Fills some pools of one class, then frees some blocks of one of them, never all.
struct FreedInOnePool {
  LayoutId layout = LayoutId::tiny;
  std::size_t size = 1;
  std::uint32_t capacity = 2;  ///< blocks in a pool of that size
  std::uint32_t pools = 1;
  std::uint32_t pool = 0;              ///< the one that gets holes
  std::vector<std::uint32_t> order{};  ///< slots of its blocks, as they are freed

  [[nodiscard]] Trace program() const {
    Trace trace{layout, {}};
    for (std::uint32_t slot = 0; slot < capacity * pools; ++slot) {
      trace.operations.push_back({OperationKind::malloc, slot, 0, size});
    }
    for (const std::uint32_t slot : order) trace.operations.push_back({OperationKind::free, slot, 0, 0});
    return trace;
  }
};

void showValue(const FreedInOnePool& value, std::ostream& out) {
  out << fmt::format("{} pools of {} blocks of size {}, freed in pool {}: {}", value.pools, value.capacity,
                     value.size, value.pool, fmt::join(value.order, ", "));
}

template <class L>
[[nodiscard]] FreedInOnePool freed_in_one_pool(std::size_t size, std::uint32_t pools, std::uint32_t pool,
                                               const std::vector<std::uint32_t>& picks) {
  const std::uint32_t capacity = Geometry<L>::capacity(Geometry<L>::class_of(size));
  FreedInOnePool value{layout_id<L>, size, capacity, pools, pool % pools};
  std::vector<std::uint32_t> left(capacity);
  for (std::uint32_t i = 0; i < capacity; ++i) left[i] = value.pool * capacity + i;
  for (const std::uint32_t pick : picks) {
    if (left.size() == 1) break;
    const auto at = left.begin() + static_cast<std::ptrdiff_t>(pick % left.size());
    value.order.push_back(*at);
    left.erase(at);
  }
  return value;
}

template <class L>
[[nodiscard]] rc::Gen<FreedInOnePool> freed_in_some_pool() {
  return rc::gen::apply(&freed_in_one_pool<L>, small_sizes(layout_id<L>),
                        rc::gen::inRange<std::uint32_t>(1, 4), rc::gen::inRange<std::uint32_t>(0, 4),
                        rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>()));
}

TYPED_TEST(Pools, TheBlocksOfAPoolComeBackLastInFirstOut) {
  using L = TypeParam;
  holds(freed_in_some_pool<L>(), [](const FreedInOnePool& value) -> Outcome {
    Home<L> home;
    const Trace trace = value.program();
    const std::size_t mallocs = trace.operations.size() - value.order.size();
    for (std::size_t i = 0; i < mallocs; ++i) home.perform(trace.operations[i]);
    const auto filled = home.blocks();
    for (std::size_t i = mallocs; i < trace.operations.size(); ++i) home.perform(trace.operations[i]);
    for (auto slot = value.order.rbegin(); slot != value.order.rend(); ++slot) {
      void* const block = home.heap().malloc(value.size);
      if (block != filled.at(*slot).address) {
        return fmt::format("expected slot {}'s block at {}, found {}", *slot,
                           fmt::ptr(filled.at(*slot).address), fmt::ptr(block));
      }
    }
    return std::nullopt;
  });
}

/// Runs of blocks of one size each, all freed in a shuffled order.
struct Shuffled {
  struct Run {
    std::size_t size = 1;
    std::uint32_t blocks = 1;
  };
  LayoutId layout = LayoutId::tiny;
  std::vector<Run> runs{};
  std::uint64_t order_seed = 0;

  [[nodiscard]] Trace program() const {
    Trace trace{layout, {}};
    std::vector<Operation> frees;
    std::uint32_t slot = 0;
    for (const Run& run : runs) {
      for (std::uint32_t i = 0; i < run.blocks; ++i, ++slot) {
        trace.operations.push_back({OperationKind::malloc, slot, 0, run.size});
        frees.push_back({OperationKind::free, slot, 0, 0});
      }
    }
    Random random(order_seed);
    while (!frees.empty()) {
      std::swap(random.pick(frees), frees.back());
      trace.operations.push_back(frees.back());
      frees.pop_back();
    }
    return trace;
  }
};

void showValue(const Shuffled& value, std::ostream& out) {
  for (const auto& run : value.runs) out << fmt::format("{} blocks of {}, ", run.blocks, run.size);
  out << fmt::format("freed in the order of seed {}", value.order_seed);
}

// Few long runs: several arenas' worth of blocks, and little to shrink. The inner scale undoes the outer one.
template <class L>
[[nodiscard]] rc::Gen<Shuffled> shuffled() {
  constexpr std::uint32_t longest = std::max<std::uint32_t>(100, L::arena_size / 256);
  const auto run =
      rc::gen::map(rc::gen::pair(rc::gen::inRange<std::size_t>(1, L::small_request_threshold + 8),
                                 rc::gen::inRange<std::uint32_t>(1, longest)),
                   [](const std::pair<std::size_t, std::uint32_t>& pair) {
                     return Shuffled::Run{pair.first, pair.second};
                   });
  const auto runs =
      rc::gen::scale(0.05, rc::gen::container<std::vector<Shuffled::Run>>(rc::gen::scale(20, run)));
  return rc::gen::map(rc::gen::pair(runs, rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>())),
                      [](std::pair<std::vector<Shuffled::Run>, std::uint64_t>&& parts) {
                        return Shuffled{layout_id<L>, std::move(parts.first), parts.second};
                      });
}

TYPED_TEST(Pools, AnyOrderOfFreesReleasesAllArenasButTheKeptOne) {
  using L = TypeParam;
  holds(shuffled<L>(),
        [](const Shuffled& value) -> Outcome {
          Home<L> home;
          home.perform(value.program());
          const pymalloc::Totals& totals = home.state().totals;
          const std::uint64_t kept = L::keeps_last_arena ? 1 : 0;
          if (totals.blocks == 0 && totals.bytes == 0 && totals.pools == 0 && home.source().live() <= kept) {
            return std::nullopt;
          }
          return fmt::format("{} blocks, {} bytes, {} pools and {} arenas left", totals.blocks, totals.bytes,
                             totals.pools, home.source().live());
        },
        {.cases = 40});
}

template <class L>
[[nodiscard]] pymalloc::Totals recounted(Home<L>& home) {
  pymalloc::Totals totals;
  std::set<const void*> pools;
  for (const auto& [slot, block] : home.blocks()) {
    if (!home.heap().owns(block.address)) continue;
    ++totals.blocks;
    totals.bytes += Geometry<L>::block_size(Geometry<L>::class_of(block.size));
    pools.insert(pymalloc::pool_of<L>(block.address));
  }
  totals.pools = pools.size();
  totals.arenas = home.source().live();
  return totals;
}

// A block that shrank in place is counted by the class it still lies in: programs here have no realloc.
TYPED_TEST(Pools, TheTotalsAreThoseOfTheBlocksThatTheClientHolds) {
  using L = TypeParam;
  holds(programs(layout_id<L>), [](const Trace& trace) -> Outcome {
    Home<L> home;
    for (const Operation& operation : trace.operations) {
      if (operation.kind == OperationKind::realloc) continue;
      home.perform(operation);
      const pymalloc::Totals expected = recounted(home);
      const pymalloc::Totals& found = home.state().totals;
      if (expected == found) continue;
      return fmt::format(
          "after '{}': expected {} blocks, {} bytes, {} pools, {} arenas, found {}, {}, {}, {}",
          to_text(operation), expected.blocks, expected.bytes, expected.pools, expected.arenas, found.blocks,
          found.bytes, found.pools, found.arenas);
    }
    return std::nullopt;
  });
}

}  // namespace
}  // namespace poolhammer
