#include "harness/run/slot_table.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "harness/oracles/shadow_heap.hpp"
#include "harness/trace/operation.hpp"

namespace poolhammer {
namespace {

TEST(SlotTable, KeepsEachSlotsBlockUpToTheLastSlotThereCanBe) {
  SlotTable<ShadowBlock> table;
  const std::vector<std::uint32_t> slots = {slot_limit - 1, 0, 65535, 65536, 3, 100'000};
  for (const std::uint32_t slot : slots) {
    EXPECT_EQ(table[slot].address, nullptr) << slot;
    table[slot].size = slot + 1;
  }
  for (const std::uint32_t slot : slots) EXPECT_EQ(table[slot].size, slot + 1);
  EXPECT_EQ(table[4].size, 0U);
}

TEST(SlotTable, VisitsEverySlotThatWasUsedInAscendingOrder) {
  SlotTable<ShadowBlock> table;
  for (const std::uint32_t slot : {slot_limit - 1, 65536U, 2U, 65535U}) table[slot].size = slot + 1;
  std::vector<std::size_t> visited;
  table.for_each([&](const ShadowBlock& block) {
    if (block.size != 0) visited.push_back(block.size - 1);
  });
  EXPECT_EQ(visited, (std::vector<std::size_t>{2, 65535, 65536, slot_limit - 1}));
}

}  // namespace
}  // namespace poolhammer
