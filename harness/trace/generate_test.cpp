#include "harness/trace/generate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "allocator/placement.hpp"
#include "harness/trace/binary.hpp"
#include "harness/trace/shape.hpp"
#include "harness/trace/sizes.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

constexpr std::uint64_t ptrdiff_max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t seeds = 2000;
constexpr std::array plain_kinds = {
    OperationKind::malloc, OperationKind::calloc,      OperationKind::realloc,  OperationKind::free,
    OperationKind::check,  OperationKind::fail_arenas, OperationKind::fail_raw, OperationKind::place,
    OperationKind::domain, OperationKind::hook};

/// What a program reaches on an allocator of that shape that never refuses.
struct Reached {
  bool arena_filled = false;         ///< so many blocks of one class are live as an arena holds
  bool arena_emptied_again = false;  ///< and later none of that class is
  std::set<OperationKind> kinds;
};

/// The class that serves the request; 0 where it is the raw allocator's.
std::uint64_t class_of(const Operation& operation, const LayoutShape& shape) {
  std::uint64_t bytes = operation.size;
  if (operation.has_count() && __builtin_mul_overflow(bytes, std::uint64_t{operation.count}, &bytes))
    return 0;
  return bytes > 0 && bytes <= shape.largest ? shape.class_size(bytes) : 0;
}

Reached reach(const Trace& trace) {
  const LayoutShape shape = shape_of(trace.layout);
  std::map<std::uint32_t, std::uint64_t> class_of_slot;
  std::map<std::uint64_t, std::size_t> live;
  std::set<std::uint64_t> filled;
  Reached reached;
  for (const Operation& operation : trace.operations) {
    reached.kinds.insert(operation.kind);
    if (operation.kind == OperationKind::malloc || operation.kind == OperationKind::calloc) {
      const auto [held, is_new] = class_of_slot.emplace(operation.slot, class_of(operation, shape));
      if (!is_new || held->second == 0) continue;
      if (++live[held->second] >= shape.arena_capacity(held->second)) filled.insert(held->second);
    } else if (operation.kind == OperationKind::free && class_of_slot.contains(operation.slot)) {
      const std::uint64_t size_class = class_of_slot.extract(operation.slot).mapped();
      if (size_class != 0 && --live[size_class] == 0 && filled.contains(size_class)) {
        reached.arena_emptied_again = true;
      }
    }
  }
  reached.arena_filled = !filled.empty();
  return reached;
}

TEST(Shape, HasTheCapacitiesOfTheLayouts) {
  EXPECT_EQ(shape_of(LayoutId::classic).pool_capacity(16), 253U);
  EXPECT_EQ(shape_of(LayoutId::classic).pool_capacity(512), 7U);
  EXPECT_EQ(shape_of(LayoutId::aligned16).pool_capacity(256), 15U);
  EXPECT_EQ(shape_of(LayoutId::modern).pool_capacity(16), 1021U);
  EXPECT_EQ(shape_of(LayoutId::modern).arena_capacity(512), 31U * 64U);
  EXPECT_EQ(shape_of(LayoutId::tiny).pool_capacity(1), 6U);
  EXPECT_EQ(shape_of(LayoutId::tiny).pool_capacity(64), 3U);
  EXPECT_EQ(shape_of(LayoutId::tiny).arena_capacity(96), 8U);
  EXPECT_EQ(shape_of(LayoutId::tiny).pool_capacity(97), 1U) << "the raw allocator's";
}

TEST(Sizes, OverflowingCallocsAlwaysOverflow) {
  Random random(1);
  std::array<unsigned, 2> larger{};
  for (int i = 0; i < 1000; ++i) {
    const CallocRequest request = overflowing_calloc(random);
    std::uint64_t product = 0;
    EXPECT_TRUE(__builtin_mul_overflow(std::uint64_t{request.count}, request.size, &product))
        << request.count << " * " << request.size;
    ++larger[request.count < request.size ? 1 : 0];
  }
  EXPECT_GT(larger[0], 0U);
  EXPECT_GT(larger[1], 0U);
}

TEST(Sizes, SplitForCallocKeepsTheProductAndVariesTheCount) {
  Random random(2);
  for (const std::uint64_t total : {0U, 8U, 511U, 512U, 65536U}) {
    std::set<std::uint64_t> counts;
    for (int i = 0; i < 200; ++i) {
      const CallocRequest request = split_for_calloc(total, random);
      EXPECT_EQ(request.count * request.size, total);
      counts.insert(request.count);
    }
    EXPECT_GT(counts.size(), 1U) << total;
  }
}

TEST(Sizes, EveryEdgeOfEveryClassIsDrawn) {
  Random random(3);
  const LayoutShape tiny = shape_of(LayoutId::tiny);
  std::set<std::uint64_t> class_edges;
  std::set<std::uint64_t> shrink_edges;
  for (int i = 0; i < 1000; ++i) {
    class_edges.insert(class_edge(tiny, random));
    shrink_edges.insert(shrink_edge(tiny, random));
  }
  EXPECT_EQ(class_edges, (std::set<std::uint64_t>{0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97}));
  EXPECT_EQ(shrink_edges, (std::set<std::uint64_t>{23, 24, 25, 47, 48, 49, 71, 72, 73}));
}

TEST(Generate, GivesExactlyTheOperationsAskedForInCanonicalForm) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto layout = static_cast<LayoutId>(seed % layouts);
    const std::size_t operations = seed % 300;
    const Trace trace = generate(seed, {operations, layout});
    ASSERT_EQ(trace.operations.size(), operations) << "seed " << seed;
    ASSERT_EQ(trace.layout, layout);
    ASSERT_EQ(decode(encode(trace)), trace) << "seed " << seed;
    ASSERT_EQ(parse_binary(encode(trace)), trace) << "seed " << seed;
  }
}

TEST(Generate, IsAFunctionOfItsSeedAndOptions) {
  const GenerateOptions options = {100, LayoutId::modern};
  EXPECT_EQ(generate(5, options), generate(5, options));
  EXPECT_NE(generate(5, options), generate(6, options));
}

// Guards against an order of evaluation that compilers may choose: every build must print the same lines.
TEST(Generate, WritesTheSameProgramWithEveryCompiler) {
  EXPECT_EQ(to_text(generate(12, {6, LayoutId::tiny})),
            "poolhammer trace 2\n"
            "layout tiny\n"
            "b0 = malloc(32)\n"
            "b1 = calloc(2, 16)\n"
            "b2 = malloc(32)\n"
            "b3 = calloc(3, 8)\n"
            "b4 = malloc(32)\n"
            "b5 = malloc(31)\n");
  EXPECT_EQ(to_text(generate(3, {6, LayoutId::classic})),
            "poolhammer trace 2\n"
            "layout classic\n"
            "place(misaligned)\n"
            "b0 = calloc(1, 163)\n"
            "b1 = calloc(1, 80)\n"
            "b2 = calloc(1, 213)\n"
            "free(b0)\n"
            "free(b1)\n");
}

TEST(Generate, WithoutCommandsHasOnlyWhatAnyAllocatorUnderstands) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const Trace trace = generate(seed, {64, LayoutId::tiny, false});
    for (const Operation& operation : trace.operations) ASSERT_TRUE(operation.has_slot()) << "seed " << seed;
  }
}

TEST(Generate, AsksForNothingThatOnlyTestsTheMachinesMemory) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Operation& operation : generate(seed, {64, LayoutId::classic}).operations) {
      if (operation.kind == OperationKind::calloc || !operation.has_slot()) continue;
      const bool grantable = operation.size <= largest_grantable_request;
      ASSERT_TRUE(grantable || operation.size > ptrdiff_max - largest_grantable_request)
          << "seed " << seed << ": " << to_text(operation);
    }
  }
}

TEST(Generate, AsksForGigabytesOfEveryFunctionWhereTheyAreOnlyAddresses) {
  std::map<OperationKind, int> requests;
  int products = 0;  // that fit 64 bits and not 32, of two numbers that both fit 32
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const GenerateOptions options = {.operations = 200, .layout = LayoutId::classic, .reserves = true};
    for (const Operation& operation : generate(seed, options).operations) {
      const std::uint64_t bytes = operation.bytes().value_or(0);
      if (!allocates(operation.kind) || bytes < std::uint64_t{1} << 31U || bytes > ptrdiff_max / 2) continue;
      ++requests[operation.kind];
      if (operation.has_count() && bytes >> 32U != 0 && operation.count >> 32U == 0 &&
          operation.size >> 32U == 0)
        ++products;
    }
  }
  EXPECT_GT(requests[OperationKind::malloc], 100);
  EXPECT_GT(requests[OperationKind::calloc], 100);
  EXPECT_GT(requests[OperationKind::realloc], 100);
  EXPECT_GT(products, 20);
}

TEST(Generate, FillsHundredsOfArenasInALongProgram) {
  std::size_t most = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Trace trace = generate(seed, {.operations = 20000, .layout = LayoutId::tiny});
    std::set<std::uint32_t> live;
    for (const Operation& operation : trace.operations) {
      if (operation.kind == OperationKind::malloc || operation.kind == OperationKind::calloc) {
        if (class_of(operation, shape_of(trace.layout)) != 0) live.insert(operation.slot);
      } else if (operation.kind == OperationKind::free) {
        live.erase(operation.slot);
      }
      most = std::max(most, live.size());
    }
  }
  // An arena holds at most 24 blocks.
  EXPECT_GT(most, 24U * 257);
}

TEST(Generate, NamesDomainsOnlyWhereTheyAreWanted) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const Operation& operation : generate(seed, {200, LayoutId::tiny}).operations)
      ASSERT_LT(operation.kind, OperationKind::domain) << "seed " << seed << ": " << to_text(operation);
  }
}

TEST(Generate, LeavesKindsOutOfSomeProgramsAndUsesEachInOthers) {
  std::map<OperationKind, int> programs_with;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const GenerateOptions options = {
        .operations = 200, .layout = LayoutId::tiny, .commands = true, .domains = seed % 2 != 0};
    for (const OperationKind kind : reach(generate(seed, options)).kinds) ++programs_with[kind];
  }
  for (const OperationKind kind : plain_kinds) {
    const auto programs = static_cast<std::uint64_t>(programs_with[kind]);
    EXPECT_GT(programs, seeds / 10) << word(kind);
    EXPECT_LT(programs, seeds) << word(kind);
  }
  EXPECT_EQ(programs_with.size(), plain_kinds.size()) << "no other function, unless it is wanted";
}

TEST(Generate, UsesEveryFunctionWhereAllAreWanted) {
  std::map<OperationKind, int> programs_with;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const GenerateOptions options = {
        .operations = 200, .layout = LayoutId::tiny, .domains = seed % 2 != 0, .breadth = full_breadth()};
    const Trace trace = generate(seed, options);
    ASSERT_LE(trace.operations.size(), 200U);
    std::set<OperationKind> kinds;
    for (const Operation& operation : trace.operations) {
      ASSERT_EQ(operation, canonical(operation)) << to_text(operation);
      kinds.insert(operation.kind);
    }
    for (const OperationKind kind : kinds) ++programs_with[kind];
  }
  // What needs a process of its own stands in directed programs alone.
  for (std::uint8_t kind = 0; kind < static_cast<std::uint8_t>(OperationKind::fill_usable); ++kind) {
    const auto programs = static_cast<std::uint64_t>(programs_with[static_cast<OperationKind>(kind)]);
    EXPECT_GT(programs, seeds / 20) << word(static_cast<OperationKind>(kind));
    EXPECT_LT(programs, seeds) << word(static_cast<OperationKind>(kind));
  }
}

TEST(Generate, FillsAndEmptiesArenasOfEveryLayout) {
  for (const auto& [layout, operations, programs] :
       std::vector<std::tuple<LayoutId, std::size_t, std::uint64_t>>{{LayoutId::tiny, 100, 300},
                                                                     {LayoutId::classic, 4000, 100},
                                                                     {LayoutId::aligned16, 4000, 100},
                                                                     {LayoutId::modern, 6000, 100}}) {
    std::size_t filled = 0;
    std::size_t emptied = 0;
    for (std::uint64_t seed = 0; seed < programs; ++seed) {
      const Reached reached = reach(generate(seed, {operations, layout}));
      filled += reached.arena_filled ? 1 : 0;
      emptied += reached.arena_emptied_again ? 1 : 0;
    }
    EXPECT_GE(filled * 10, programs) << word(layout) << ": " << filled << " of " << programs
                                     << " fill an arena";
    EXPECT_GE(emptied * 20, programs) << word(layout) << ": " << emptied << " of " << programs << " empty it";
  }
}

}  // namespace
}  // namespace poolhammer
