#include "allocator/domains/memory_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace pymalloc {
namespace {

constexpr std::array all_domains = {Domain::raw, Domain::mem, Domain::object};
constexpr std::array choices = {Choice{false, false}, Choice{with_pools, false}, Choice{false, true},
                                Choice{with_pools, true}};

/// Every behaviour that the domains promise whoever serves them.
class EveryChoice : public ::testing::TestWithParam<Choice> {};
INSTANTIATE_TEST_SUITE_P(MemorySystem, EveryChoice, ::testing::ValuesIn(choices), [](const auto& tested) {
  return std::string(tested.param.pools ? "Pools" : "CLibrary") + (tested.param.debug ? "Debug" : "") +
         std::to_string(tested.index);
});

TEST_P(EveryChoice, GivesDistinctBlocksForNoBytes) {
  const MemorySystem system(GetParam());
  for (const Domain domain : all_domains) {
    void* const first = system.malloc(domain, 0);
    void* const second = system.calloc(domain, 5, 0);
    EXPECT_NE(first, nullptr);
    EXPECT_NE(second, nullptr);
    EXPECT_NE(first, second);
    void* const none = system.calloc(domain, 0, 5);
    EXPECT_NE(none, nullptr);
    EXPECT_NE(none, second);
    system.free(domain, none);
    void* const third = system.realloc(domain, first, 0);
    EXPECT_NE(third, nullptr);
    system.free(domain, second);
    system.free(domain, third);
    system.free(domain, nullptr);
  }
}

TEST_P(EveryChoice, RefusesWhatNoObjectCanHave) {
  const MemorySystem system(GetParam());
  const volatile std::size_t too_large = std::size_t{PTRDIFF_MAX} + 1;
  for (const Domain domain : all_domains) {
    void* const block = system.malloc(domain, 10);
    std::memset(block, 7, 10);
    EXPECT_EQ(system.malloc(domain, too_large), nullptr);
    EXPECT_EQ(system.realloc(domain, block, too_large), nullptr);
    EXPECT_EQ(system.calloc(domain, too_large / 2, 4), nullptr);
    EXPECT_EQ(static_cast<char*>(block)[9], 7) << "the block stays as it was";
    system.free(domain, block);
  }
}

TEST_P(EveryChoice, KeepsContentsWhileBlocksGrowAndShrinkAcrossTheLargestClass) {
  const MemorySystem system(GetParam());
  for (const Domain domain : all_domains) {
    auto* block = static_cast<unsigned char*>(system.calloc(domain, 1, 1));
    EXPECT_EQ(block[0], 0);
    block[0] = 42;
    for (const std::size_t size : {16U, 17U, 512U, 513U, 100'000U, 512U, 1U}) {
      block = static_cast<unsigned char*>(system.realloc(domain, block, size));
      ASSERT_NE(block, nullptr) << size;
      EXPECT_EQ(block[0], 42) << size;
    }
    system.free(domain, block);
  }
}

TEST(MemorySystem, ServesMemAndObjectFromPoolsAndRawFromTheCLibrary) {
  if (!with_pools) GTEST_SKIP() << "a build without pools";
  const MemorySystem system({.pools = true, .debug = false});
  void* const raw = system.malloc(Domain::raw, 100);
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
  void* const mem = system.malloc(Domain::mem, 100);
  void* const object = system.malloc(Domain::object, 200);
  EXPECT_EQ(system.statistics().bytes.in_use, 112U + 208U);
  void* const large = system.malloc(Domain::object, 513);
  EXPECT_EQ(system.statistics().bytes.in_use, 112U + 208U) << "too large for a pool";
  system.free(Domain::raw, raw);
  system.free(Domain::mem, mem);
  system.free(Domain::object, object);
  system.free(Domain::object, large);
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
  EXPECT_EQ(system.check(), std::nullopt);
}

TEST(MemorySystem, UsesNoPoolWhereTheCLibraryIsChosen) {
  const MemorySystem system({.pools = false, .debug = false});
  for (const Domain domain : all_domains) system.free(domain, system.malloc(domain, 100));
  EXPECT_EQ(system.statistics().events.requested, 0U);
}

/// An allocator of a domain that counts the calls and forwards them.
struct Counting {
  AllocatorFunctions base;
  int mallocs = 0;
  int callocs = 0;
  int reallocs = 0;
  int frees = 0;

  [[nodiscard]] static Counting& of(void* context) { return *static_cast<Counting*>(context); }
  [[nodiscard]] AllocatorFunctions functions() {
    return {this,
            [](void* context, std::size_t size) {
              ++of(context).mallocs;
              return of(context).base.malloc(of(context).base.context, size);
            },
            [](void* context, std::size_t count, std::size_t size) {
              ++of(context).callocs;
              return of(context).base.calloc(of(context).base.context, count, size);
            },
            [](void* context, void* block, std::size_t size) {
              ++of(context).reallocs;
              return of(context).base.realloc(of(context).base.context, block, size);
            },
            [](void* context, void* block) {
              ++of(context).frees;
              of(context).base.free(of(context).base.context, block);
            }};
  }
};

TEST(MemorySystem, CallsTheAllocatorThatWasSetForADomainAndNoOther) {
  MemorySystem system;
  Counting counting{system.allocator(Domain::mem)};
  system.set_allocator(Domain::mem, counting.functions());
  EXPECT_EQ(system.allocator(Domain::mem), counting.functions());
  EXPECT_NE(system.allocator(Domain::object), counting.functions());
  void* block = system.malloc(Domain::mem, 10);
  block = system.realloc(Domain::mem, block, 20);
  system.free(Domain::mem, block);
  system.free(Domain::mem, system.calloc(Domain::mem, 2, 5));
  system.free(Domain::object, system.malloc(Domain::object, 10));
  system.free(Domain::raw, system.malloc(Domain::raw, 10));
  EXPECT_EQ(counting.mallocs, 1);
  EXPECT_EQ(counting.callocs, 1);
  EXPECT_EQ(counting.reallocs, 1);
  EXPECT_EQ(counting.frees, 2);
}

TEST(MemorySystem, TakesBlocksOfTheTimeBeforeAnAllocatorWasWrapped) {
  MemorySystem system;
  void* const block = system.malloc(Domain::object, 10);
  const AllocatorFunctions before = system.allocator(Domain::object);
  Counting counting{before};
  system.set_allocator(Domain::object, counting.functions());
  system.free(Domain::object, block);
  EXPECT_EQ(counting.frees, 1);
  system.set_allocator(Domain::object, before);
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
}

/// An arena source that counts and can refuse.
struct CountingArenas {
  int requests = 0;
  int releases = 0;
  bool refuse = false;

  [[nodiscard]] ArenaFunctions functions() {
    return {this,
            [](void* context, std::size_t size) -> void* {
              auto& self = *static_cast<CountingArenas*>(context);
              ++self.requests;
              return self.refuse ? nullptr : OsArenaSource::allocate(size);
            },
            [](void* context, void* arena, std::size_t size) {
              ++static_cast<CountingArenas*>(context)->releases;
              OsArenaSource::release(arena, size);
            }};
  }
};

TEST(MemorySystem, TakesArenasFromTheSourceThatWasSetAndGivesThemBackToIt) {
  if (!with_pools) GTEST_SKIP() << "a build without pools";
  CountingArenas arenas;
  {
    MemorySystem system({.pools = true, .debug = false});
    system.set_arena_source(arenas.functions());
    EXPECT_EQ(system.arena_source(), arenas.functions());
    system.free(Domain::object, system.malloc(Domain::object, 1));
    EXPECT_EQ(arenas.requests, 1);
    EXPECT_EQ(arenas.releases, 0) << "the last arena is kept";
  }
  EXPECT_EQ(arenas.releases, 1);
}

TEST(MemorySystem, ServesSmallRequestsFromTheCLibraryWhileNoArenaCanBeHad) {
  if (!with_pools) GTEST_SKIP() << "a build without pools";
  CountingArenas arenas{.refuse = true};
  MemorySystem system({.pools = true, .debug = false});
  system.set_arena_source(arenas.functions());
  void* const block = system.malloc(Domain::object, 1);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(system.statistics().events.refused, 1U);
  system.free(Domain::object, block);
}

TEST(MemorySystem, IsSharedByThreadsThatPassBlocksToEachOther) {
  const MemorySystem system({.pools = true, .debug = false});
  std::array<std::atomic<void*>, 16> shelf{};
  std::vector<std::thread> workers;
  for (unsigned seed = 0; seed < 4; ++seed) {
    workers.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 5000; ++i) {
        void* const block = system.malloc(Domain::object, 1 + random() % 600);
        std::memset(block, 1, 1);
        system.free(Domain::object, shelf[random() % shelf.size()].exchange(block));
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(system.check(), std::nullopt);
  for (std::atomic<void*>& place : shelf) system.free(Domain::object, place);
  EXPECT_EQ(system.statistics().bytes.in_use, 0U);
}

TEST(MemorySystem, ReportsABlockThatGoesBackToAnotherDomainWhereTheDebugLayerIsChosen) {
  std::vector<BlockDamage> seen;
  const DamageHandler note = {[](void* context, const BlockDamage& damage) {
                                static_cast<std::vector<BlockDamage>*>(context)->push_back(damage);
                              },
                              &seen};
  const MemorySystem system({.pools = with_pools, .debug = true},
                            {.debug = {.registry = false, .handler = note}});
  void* const block = system.malloc(Domain::mem, 10);
  system.free(Domain::object, block);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].kind, DamageKind::wrong_domain);
  system.free(Domain::mem, block);
  EXPECT_EQ(seen.size(), 1U);
}

TEST(MemorySystem, LaysADebugLayerOverADomainOnce) {
  MemorySystem system({.pools = true, .debug = true});
  const AllocatorFunctions mem = system.allocator(Domain::mem);
  EXPECT_NE(mem, system.allocator(Domain::object)) << "each domain has its own";
  system.choose({.pools = true, .debug = false});
  EXPECT_NE(system.allocator(Domain::mem), mem);
  system.choose({.pools = true, .debug = true});
  EXPECT_EQ(system.allocator(Domain::mem), mem);
}

TEST(MemorySystem, HandsOutItsDebugLayersToWhoWantsToLookAtEveryBlock) {
  std::vector<BlockDamage> seen;
  const DamageHandler note = {[](void* context, const BlockDamage& damage) {
                                static_cast<std::vector<BlockDamage>*>(context)->push_back(damage);
                              },
                              &seen};
  MemorySystem system({.pools = with_pools, .debug = false}, {.debug = {.registry = true, .handler = note}});
  EXPECT_TRUE(system.debug_layers().empty());
  system.choose({.pools = with_pools, .debug = true});
  ASSERT_EQ(system.debug_layers().size(), domains);
  auto* const block = static_cast<std::byte*>(system.malloc(Domain::mem, 10));
  const std::byte behind = block[10];
  block[10] = std::byte{1};
  std::size_t damaged = 0;
  for (DebugLayer* const layer : system.debug_layers()) damaged += layer->check();
  EXPECT_EQ(damaged, 1U);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].layer, Domain::mem);
  block[10] = behind;
  system.free(Domain::mem, block);
}

TEST(Choice, IsNamedAsPythonNamesIt) {
  EXPECT_EQ(choice_named("malloc"), (Choice{false, false}));
  EXPECT_EQ(choice_named("malloc_debug"), (Choice{false, true}));
  EXPECT_EQ(choice_named("default"), (Choice{with_pools, false}));
  EXPECT_EQ(choice_named("debug"), (Choice{with_pools, true}));
  EXPECT_EQ(choice_named("pymalloc").has_value(), with_pools);
  EXPECT_EQ(choice_named("pymalloc_debug").has_value(), with_pools);
  for (const char* unknown : {"", "pools", "Debug", "pymalloc "})
    EXPECT_FALSE(choice_named(unknown)) << unknown;
}

}  // namespace
}  // namespace pymalloc
