// The C interface, over the memory system of this process. Each test leaves that as it found it.
#include "allocator/api/pymalloc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "allocator/api/default_system.hpp"
#include "allocator/testing/damage.hpp"

namespace {

using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

/// A string of the interface, given back as it asks.
[[nodiscard]] std::string taken(char* text) {
  std::string result = text == nullptr ? "" : text;
  pymalloc_free(PYMALLOC_RAW, text);
  return result;
}

TEST(CInterface, ServesEveryDomain) {
  for (const pymalloc_domain domain : {PYMALLOC_RAW, PYMALLOC_MEM, PYMALLOC_OBJECT}) {
    auto* block = static_cast<unsigned char*>(pymalloc_calloc(domain, 10, 4));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(std::count(block, block + 40, 0), 40);
    std::memset(block, 7, 40);
    block = static_cast<unsigned char*>(pymalloc_realloc(domain, block, 1000));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(std::count(block, block + 40, 7), 40);
    void* const other = pymalloc_malloc(domain, 1000);
    EXPECT_NE(other, block);
    pymalloc_free(domain, other);
    pymalloc_free(domain, block);
    pymalloc_free(domain, nullptr);
  }
}

TEST(CInterface, CallsTheAllocatorThatIsSetForADomain) {
  pymalloc_allocator before;
  pymalloc_get_allocator(PYMALLOC_MEM, &before);
  int frees = 0;
  const pymalloc_allocator refusing = {&frees, [](void*, size_t) -> void* { return nullptr; },
                                       [](void*, size_t, size_t) -> void* { return nullptr; },
                                       [](void*, void*, size_t) -> void* { return nullptr; },
                                       [](void* count, void*) { ++*static_cast<int*>(count); }};
  pymalloc_set_allocator(PYMALLOC_MEM, &refusing);
  EXPECT_EQ(pymalloc_malloc(PYMALLOC_MEM, 1), nullptr);
  EXPECT_EQ(pymalloc_calloc(PYMALLOC_MEM, 1, 1), nullptr);
  EXPECT_EQ(pymalloc_realloc(PYMALLOC_MEM, &before, 1), nullptr);
  pymalloc_free(PYMALLOC_MEM, &before);
  EXPECT_EQ(frees, 1);
  pymalloc_set_allocator(PYMALLOC_MEM, &before);
  void* const block = pymalloc_malloc(PYMALLOC_MEM, 1);
  EXPECT_NE(block, nullptr);
  pymalloc_free(PYMALLOC_MEM, block);
}

TEST(CInterface, GivesNoTextWhereTheRawDomainRefusesItsMemory) {
  pymalloc_allocator before;
  pymalloc_get_allocator(PYMALLOC_RAW, &before);
  pymalloc_allocator refusing = before;
  refusing.malloc = [](void*, size_t) -> void* { return nullptr; };
  pymalloc_set_allocator(PYMALLOC_RAW, &refusing);
  EXPECT_EQ(pymalloc_statistics_text(), nullptr);
  EXPECT_EQ(pymalloc_statistics_json(), nullptr);
  pymalloc_set_allocator(PYMALLOC_RAW, &before);
  EXPECT_THAT(taken(pymalloc_statistics_text()), HasSubstr("Small block threshold = 512"));
  EXPECT_THAT(taken(pymalloc_statistics_json()), HasSubstr("\"small_request_threshold\":512"));
}

TEST(CInterface, AsksTheArenaSourceThatIsSet) {
  if (!pymalloc::with_pools) GTEST_SKIP() << "a build without pools";
  pymalloc_arena_source before;
  pymalloc_get_arena_source(&before);
  int requests = 0;
  const pymalloc_arena_source refusing = {&requests,
                                          [](void* count, size_t) -> void* {
                                            ++*static_cast<int*>(count);
                                            return nullptr;
                                          },
                                          before.release};
  pymalloc_set_arena_source(&refusing);
  pymalloc_arena_source now;
  pymalloc_get_arena_source(&now);
  EXPECT_EQ(now.context, &requests);
  // More than an arena holds: the C library serves what no arena can.
  std::vector<void*> blocks;
  while (requests == 0 && blocks.size() < 10'000) blocks.push_back(pymalloc_malloc(PYMALLOC_OBJECT, 512));
  EXPECT_EQ(requests, 1);
  EXPECT_NE(blocks.back(), nullptr);
  for (void* const block : blocks) pymalloc_free(PYMALLOC_OBJECT, block);
  pymalloc_set_arena_source(&before);
}

TEST(CInterface, ChoosesByTheNamesOfTheEnvironment) {
  pymalloc_allocator before;
  pymalloc_get_allocator(PYMALLOC_OBJECT, &before);
  EXPECT_EQ(pymalloc_choose("pools"), -1);
  pymalloc_allocator now;
  pymalloc_get_allocator(PYMALLOC_OBJECT, &now);
  EXPECT_EQ(now.context, before.context) << "an unknown name changes nothing";
  EXPECT_EQ(pymalloc_choose("malloc"), 0);
  pymalloc_get_allocator(PYMALLOC_OBJECT, &now);
  pymalloc_allocator raw;
  pymalloc_get_allocator(PYMALLOC_RAW, &raw);
  EXPECT_EQ(now.malloc, raw.malloc);
  EXPECT_EQ(pymalloc_choose("default"), 0);
}

TEST(CInterface, NamesTheInvariantThatDoesNotHold) {
  if (!pymalloc::with_pools) GTEST_SKIP() << "a build without pools";
  EXPECT_EQ(pymalloc_check(), nullptr);
  void* const kept = pymalloc_malloc(PYMALLOC_OBJECT, 48);
  void* const freed = pymalloc_malloc(PYMALLOC_OBJECT, 48);
  pymalloc_free(PYMALLOC_OBJECT, freed);
  {
    pymalloc::Damage damage;
    damage.write(*static_cast<std::uintptr_t*>(freed), std::uintptr_t{0x4141414141414141});
    EXPECT_THAT(taken(pymalloc_check()), HasSubstr("free-list.inside-pool: "));
  }
  EXPECT_EQ(pymalloc_check(), nullptr);
  pymalloc_free(PYMALLOC_OBJECT, kept);
}

/// Asks for arenas where pools serve, and ends with status 0 if they do not.
[[noreturn]] void exit_by_who_serves(const char* name) {
  setenv("PYMALLOC", name, 1);
  void* const block = pymalloc_malloc(PYMALLOC_OBJECT, 10);
  const bool from_pools = !pymalloc::default_system().statistics().arenas.empty();
  pymalloc_free(PYMALLOC_OBJECT, block);
  std::exit(from_pools ? 1 : 0);
}

/// The variable is read once in a process: each choice needs one of its own, started anew.
class CInterfaceDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(CInterfaceDeathTest, TheEnvironmentChoosesWhoServes) {
  EXPECT_EXIT(exit_by_who_serves("malloc"), ExitedWithCode(0), "");
  EXPECT_EXIT(exit_by_who_serves("default"), ExitedWithCode(pymalloc::with_pools ? 1 : 0), "");
}

TEST_F(CInterfaceDeathTest, AnUnknownNameInTheEnvironmentEndsTheProcessWithOneLine) {
  EXPECT_EXIT(exit_by_who_serves("pools"), ExitedWithCode(2),
              "pymalloc: PYMALLOC=pools: unknown allocator; there are default, debug, malloc, malloc_debug");
}

}  // namespace
