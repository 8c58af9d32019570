#include "harness/subjects/system_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "allocator/domains/memory_system.hpp"

namespace poolhammer {
namespace {

using namespace pymalloc;
using testing::StartsWith;

/// A system with some blocks, and its arenas.
class Figures : public testing::Test {
 protected:
  void SetUp() override {
    if (!with_pools) GTEST_SKIP() << "a build without pools";
    for (std::size_t size = 1; size <= 512; size += 37)
      for (int i = 0; i < 100; ++i) blocks_.push_back(system_.malloc(Domain::mem, size));
    while (blocks_.size() > 700) {
      system_.free(Domain::mem, blocks_.back());
      blocks_.pop_back();
    }
    figures_ = system_.statistics();
    for (const ArenaStatistics& arena : figures_.arenas) arenas_[arena.address] = figures_.arena_size;
    account_ = {figures_.events.requested, 0, 0, figures_.events.most, true};
  }
  void TearDown() override {
    for (void* const block : blocks_) system_.free(Domain::mem, block);
  }

  [[nodiscard]] std::string said(const Statistics& figures) const {
    const auto wrong = figures_hold(figures, count_arenas(arenas_), account_);
    return wrong ? to_string(*wrong) : "";
  }

  MemorySystem system_;
  std::vector<void*> blocks_;
  Statistics figures_;
  std::map<std::uintptr_t, std::size_t> arenas_;
  ArenaAccount account_;
};

TEST_F(Figures, AreThoseCountedFromTheBytesOfTheArenas) {
  EXPECT_EQ(said(figures_), "");
  EXPECT_FALSE(texts_hold(figures_));
}

TEST_F(Figures, AreAccusedEachOfThem) {
  const std::vector<std::function<void(Statistics&)>> lies = {
      [](Statistics& s) { ++s.classes[0].pools; },       [](Statistics& s) { ++s.classes[0].blocks_in_use; },
      [](Statistics& s) { --s.classes[0].blocks_free; }, [](Statistics& s) { ++s.arenas[0].pools_in_use; },
      [](Statistics& s) { ++s.arenas[0].pools_empty; },  [](Statistics& s) { --s.arenas[0].pools_fresh; },
      [](Statistics& s) { ++s.arenas[0].bytes_in_use; }, [](Statistics& s) { ++s.arenas[0].address; },
      [](Statistics& s) { ++s.bytes.in_use; },           [](Statistics& s) { ++s.bytes.free_blocks; },
      [](Statistics& s) { ++s.bytes.free_pools; },       [](Statistics& s) { ++s.bytes.headers; },
      [](Statistics& s) { ++s.bytes.quantisation; },     [](Statistics& s) { ++s.bytes.arena_alignment; },
      [](Statistics& s) { ++s.events.requested; },       [](Statistics& s) { ++s.events.refused; },
      [](Statistics& s) { ++s.events.released; },        [](Statistics& s) { ++s.events.most; },
  };
  for (const auto& lie : lies) {
    Statistics changed = figures_;
    lie(changed);
    EXPECT_THAT(said(changed), StartsWith("statistics.figures")) << &lie - lies.data();
  }
}

}  // namespace
}  // namespace poolhammer
