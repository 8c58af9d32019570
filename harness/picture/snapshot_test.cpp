#include "harness/picture/snapshot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>

#include "allocator/pool.hpp"
#include "harness/run/runner.hpp"
#include "harness/testing/lying_subject.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

/// The tiny heap behind the last step of a program. Its classes are of 32, 64 and 96 bytes, a pool holds 6, 3
/// or 2 blocks, an arena 4 pools.
class After {
 public:
  explicit After(const std::string& lines, const std::string& subject = "pymalloc:tiny")
      : trace_(tiny_trace_of(lines)),
        subject_(make_subject(subject)),
        playback_(trace_, *subject_, options_) {
    while (playback_.step()) {
    }
  }

  [[nodiscard]] Snapshot snapshot() { return take_snapshot(*subject_, playback_.held()); }
  [[nodiscard]] Playback& playback() { return playback_; }

 private:
  Trace trace_;
  std::unique_ptr<Subject> subject_;
  RunOptions options_;
  Playback playback_;
};

TEST(Snapshot, OfANewHeapHasNoArena) {
  const Snapshot snapshot = After("").snapshot();
  EXPECT_EQ(snapshot.layout.name, "tiny");
  EXPECT_THAT(snapshot.arenas, IsEmpty());
  EXPECT_THAT(snapshot.used_lists, IsEmpty());
  EXPECT_THAT(snapshot.usable_arenas, IsEmpty());
}

TEST(Snapshot, ShowsTheHeaderTheHeldBlocksTheFreeListAndTheVirginSpaceOfAUsedPool) {
  const Snapshot snapshot =
      After("b0 = malloc(20)\nb1 = malloc(32)\nb2 = malloc(1)\nb3 = malloc(7)\nfree(b0)\nfree(b2)\n")
          .snapshot();
  ASSERT_THAT(snapshot.arenas, SizeIs(1));
  ASSERT_THAT(snapshot.arenas[0].pools, SizeIs(4));
  const PoolSnapshot& pool = snapshot.arenas[0].pools[0];
  EXPECT_EQ(pool.state, PoolState::used);
  EXPECT_EQ(pool.header.ref_count, 2U);
  EXPECT_EQ(pool.header.size_class, 0U);
  EXPECT_EQ(pool.header.next_offset, 64U + 5 * 32);
  EXPECT_EQ(pool.block_size, 32U);
  EXPECT_EQ(pool.capacity, 6U);
  EXPECT_EQ(pool.carved, 5U);
  EXPECT_THAT(pool.free_list, ElementsAre(2, 0, 4)) << "the last free block was carved ahead";
  EXPECT_EQ(pool.free_list_end, ListEnd::proper);
  EXPECT_THAT(pool.held, ElementsAre(Pair(1, HeldBlock{1, 32}), Pair(3, HeldBlock{3, 7})));
  EXPECT_EQ(snapshot.arenas[0].pools[1].state, PoolState::virgin);
}

TEST(Snapshot, TellsUsedFullEmptyAndVirginPoolsApartAndListsThoseWithAFreeBlock) {
  const Snapshot snapshot =
      After("b0 = malloc(96)\nb1 = malloc(96)\nb2 = malloc(64)\nb3 = malloc(32)\nfree(b2)\nb4 = malloc(96)\n")
          .snapshot();
  const auto& pools = snapshot.arenas.at(0).pools;
  EXPECT_EQ(pools[0].state, PoolState::full);
  EXPECT_EQ(pools[1].state, PoolState::used) << "the pool that free emptied serves the next class that asks";
  EXPECT_EQ(pools[1].header.size_class, 2U);
  EXPECT_EQ(pools[2].state, PoolState::used);
  EXPECT_EQ(pools[3].state, PoolState::virgin);
  ASSERT_THAT(snapshot.used_lists, SizeIs(2));
  EXPECT_EQ(snapshot.used_lists[0].size_class, 0U);
  EXPECT_THAT(snapshot.used_lists[0].pools, ElementsAre(PoolName{0, 2}));
  EXPECT_THAT(snapshot.used_lists[1].pools, ElementsAre(PoolName{0, 1}));
  EXPECT_EQ(After("b0 = malloc(96)\nb2 = malloc(64)\nfree(b2)\n").snapshot().arenas[0].pools[1].state,
            PoolState::empty);
}

TEST(Snapshot, ListsUsableArenasInTheirOrderAndBlocksOutsideThePools) {
  std::string lines = "b100 = malloc(1000)\n";
  for (int slot = 0; slot < 18; ++slot) lines += "malloc " + std::to_string(slot) + " 96\n";
  lines += "free(b0)\nfree(b1)\n";
  const Snapshot snapshot = After(lines).snapshot();
  EXPECT_THAT(snapshot.arenas, SizeIs(3));
  EXPECT_THAT(snapshot.usable_arenas, ElementsAre(0, 2)) << "arena 0 has one free pool, arena 2 three";
  ASSERT_THAT(snapshot.outside, SizeIs(1));
  EXPECT_EQ(snapshot.outside[0].second, (HeldBlock{100, 1000}));
}

TEST(Snapshot, AccountsForEveryBlockOfEveryPoolOnce) {
  for (const LayoutId layout : {LayoutId::classic, LayoutId::modern, LayoutId::tiny}) {
    const Trace trace = generate(11, {.operations = 3000, .layout = layout});
    const auto subject = make_subject("pymalloc:" + std::string(word(layout)));
    const RunOptions options;
    Playback playback(trace, *subject, options);
    while (playback.step()) {
    }
    const Snapshot snapshot = take_snapshot(*subject, playback.held());
    std::size_t held = snapshot.outside.size();
    for (const ArenaSnapshot& arena : snapshot.arenas) {
      for (const PoolSnapshot& pool : arena.pools) {
        held += pool.held.size();
        if (pool.state == PoolState::virgin) continue;
        EXPECT_EQ(pool.held.size() + pool.free_list.size(), pool.carved);
        EXPECT_EQ(pool.held.size(), pool.header.ref_count);
      }
    }
    EXPECT_GT(held, 0U);
    EXPECT_EQ(held, playback.held().size());
  }
}

TEST(Snapshot, FollowsADamagedFreeListNoFurtherThanItsPool) {
  After heap("b0 = malloc(32)\nb1 = malloc(32)\nb2 = malloc(32)\nfree(b0)\nfree(b1)\n");
  const std::uintptr_t pool = heap.snapshot().arenas[0].pools[0].address;
  auto* const second = std::bit_cast<std::byte*>(pool + 64 + 32);
  pymalloc::set_link(second, std::bit_cast<std::byte*>(std::uintptr_t{0xDBDBDBDB}));
  EXPECT_EQ(heap.snapshot().arenas[0].pools[0].free_list_end, ListEnd::outside);
  EXPECT_THAT(heap.snapshot().arenas[0].pools[0].free_list, ElementsAre(1));
  pymalloc::set_link(second, second);
  EXPECT_EQ(heap.snapshot().arenas[0].pools[0].free_list_end, ListEnd::around);
}

TEST(Playback, TellsHowAStepEndedAndWhatItDidToItsSlot) {
  const Trace trace = tiny_trace_of(
      "b0 = malloc(10)\nb0 = malloc(10)\nfail_raw(1)\nb1 = malloc(5000)\nb0 = realloc(b0, 90)\nfree(b0)\n");
  const auto subject = make_subject("pymalloc:tiny");
  const RunOptions options;
  Playback playback(trace, *subject, options);
  const auto next = [&] { return playback.step() ? playback.last() : StepResult{}; };
  const StepResult first = next();
  EXPECT_EQ(first.end, StepEnd::done);
  EXPECT_EQ(first.before, 0U);
  EXPECT_NE(first.after, 0U);
  EXPECT_EQ(next().end, StepEnd::skipped);
  (void)next();
  EXPECT_EQ(next().end, StepEnd::refused);
  const StepResult moved = next();
  EXPECT_EQ(moved.before, first.after);
  EXPECT_NE(moved.after, first.after);
  EXPECT_THAT(playback.held(), ElementsAre(Pair(moved.after, HeldBlock{0, 90})));
  EXPECT_EQ(next().after, 0U);
  EXPECT_THAT(playback.held(), IsEmpty());
  EXPECT_FALSE(playback.step());
  EXPECT_FALSE(playback.finish());
  EXPECT_FALSE(playback.finding());
}

}  // namespace
}  // namespace poolhammer
