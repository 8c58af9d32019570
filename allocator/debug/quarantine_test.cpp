// Blocks that are held back after they were freed, and their misuses.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "allocator/debug/debug_layer.hpp"
#include "allocator/debug/testing/debugged.hpp"
#include "allocator/debug/testing/expect_damage.hpp"
#include "allocator/heap_state.hpp"

namespace pymalloc {
namespace {

TEST(DebugLayerQuarantine, HoldsFreedBlocksBackUntilTheBudgetIsSpentOldestFirst) {
  Debugged d(Domain::object, {.quarantine_bytes = 3 * (16 + 8 + 8)});
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 5; ++i) blocks.push_back(d.take(8));
  for (int i = 0; i < 3; ++i) d.layer.free(blocks[static_cast<std::size_t>(i)]);
  EXPECT_EQ(d.layer.held_bytes(), 96U);
  for (const std::byte* const block : blocks)
    EXPECT_NE(d.base.size_of(block - 16), 0U) << "all are the layer's still";
  d.layer.free(blocks[3]);
  EXPECT_EQ(d.base.size_of(blocks[0] - 16), 0U);
  EXPECT_NE(d.base.size_of(blocks[1] - 16), 0U);
  EXPECT_EQ(d.layer.held_bytes(), 96U);
  d.layer.free(blocks[4]);
  EXPECT_EQ(d.base.size_of(blocks[1] - 16), 0U);
  EXPECT_NE(d.base.size_of(blocks[2] - 16), 0U);
}

TEST(DebugLayerQuarantine, ReleasesABlockThatIsLargerThanTheBudgetBehindAllOlderOnes) {
  Debugged d(Domain::object, {.quarantine_bytes = 100});
  std::byte* const small = d.take(8);
  std::byte* const large = d.take(1000);
  d.layer.free(small);
  d.layer.free(large);
  EXPECT_EQ(d.layer.held_bytes(), 0U);
  EXPECT_EQ(d.base.live(), 0U);
}

TEST(DebugLayerQuarantine, GivesHeldBlocksBackBeforeARequestIsRefused) {
  Debugged d(Domain::object, {.quarantine_bytes = 1 << 20});
  d.layer.free(d.take(8));
  EXPECT_NE(d.layer.held_bytes(), 0U);
  d.base.refuse_after(0);
  void* const block = d.layer.malloc(8);
  EXPECT_NE(block, nullptr);
  EXPECT_EQ(d.layer.held_bytes(), 0U);
  d.layer.free(block);
}

TEST(DebugLayerQuarantine, GivesEverythingItHoldsBackAtItsEnd) {
  PlainBase base;
  {
    SerialCounter counter;
    DebugLayer layer(functions_of(base), Domain::raw, counter, {.quarantine_bytes = 1000});
    for (int i = 0; i < 10; ++i) layer.free(layer.malloc(30));
    EXPECT_GT(base.live(), 0U);
  }
  EXPECT_EQ(base.live(), 0U);
  EXPECT_EQ(base.wrong_frees(), 0U);
}

TEST(DebugLayerQuarantine, ReportsEachChangedByteOfAFreedBlock) {
  Debugged d(Domain::object, {.serials = true, .quarantine_bytes = 10000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  EXPECT_EQ(d.layer.check(), 0U);
  for (std::ptrdiff_t offset = -16; offset < 36; ++offset) {
    const Changed change(block + offset, wrong);
    EXPECT_EQ(d.layer.check(), 1U);
    const BlockDamage seen = d.only();
    expect_damage(seen, {.kind = DamageKind::use_after_free,
                         .noticed_by = NoticedBy::check,
                         .layer = Domain::object,
                         .owner = Domain::object,
                         .address = address_of(block),
                         .offset = offset,
                         .size = 20,
                         .serial = 1,
                         .freed = true,
                         .expected = seen.expected});
    const bool has_dead_byte = offset > -8 && offset < 28;
    EXPECT_EQ(seen.expected == dead_byte, has_dead_byte) << offset;
  }
}

TEST(DebugLayerQuarantine, ReportsAUseAfterFreeWhenTheBlockLeaves) {
  Debugged d(Domain::object, {.quarantine_bytes = 50});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  block[7] = wrong;
  d.layer.free(d.take(20));
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::use_after_free);
  EXPECT_EQ(seen.noticed_by, NoticedBy::release);
  EXPECT_EQ(seen.offset, 7);
  EXPECT_EQ(d.base.size_of(block - 16), 0U) << "it leaves all the same";
}

TEST(DebugLayerQuarantine, ReportsAUseAfterFreeThroughAPointerThatReallocMadeStale) {
  Debugged d(Domain::object, {.quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  EXPECT_NE(d.layer.realloc(block, 5), nullptr);
  block[19] = wrong;
  d.layer.flush();
  const BlockDamage seen = d.only();
  EXPECT_EQ(seen.kind, DamageKind::use_after_free);
  EXPECT_EQ(seen.offset, 19);
}

TEST(DebugLayerQuarantine, ReportsASecondFreeWithSizeAndSerialWhateverWasWrittenSince) {
  Debugged d(Domain::object, {.serials = true, .quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  std::fill(block - 16, block + 36, wrong);
  d.layer.free(block);
  expect_damage(d.only(), {.kind = DamageKind::double_free,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .size = 20,
                           .serial = 1,
                           .freed = true});
}

TEST(DebugLayerQuarantine, ReportsAPointerIntoAFreedBlockAsSuch) {
  Debugged d(Domain::object, {.quarantine_bytes = 1000});
  std::byte* const block = d.take(20);
  d.layer.free(block);
  d.layer.free(block + 8);
  expect_damage(d.only(), {.kind = DamageKind::interior_pointer,
                           .noticed_by = NoticedBy::free,
                           .layer = Domain::object,
                           .owner = Domain::object,
                           .address = address_of(block),
                           .offset = 8,
                           .size = 20,
                           .freed = true});
}

}  // namespace
}  // namespace pymalloc
