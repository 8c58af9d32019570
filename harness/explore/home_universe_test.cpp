// The universes of the home allocator: their spaces have the sizes that the policy gives them, and what is
// wrong in one is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <compare>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "harness/explore/explorer.hpp"
#include "harness/run/runner.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// The pools of one tiny arena as a list of words, written from the policy's description and nothing else:
/// it counts the states that there are, apart from the explorer, its digest and the heap.
class OneArena {
 public:
  explicit OneArena(int pools) : uncarved_(pools) {}

  friend bool operator<(const OneArena& a, const OneArena& b) {
    return std::tie(a.used_, a.full_, a.empty_, a.uncarved_) <
           std::tie(b.used_, b.full_, b.empty_, b.uncarved_);
  }

  [[nodiscard]] static std::size_t states(const std::vector<int>& classes, int pools) {
    std::set<OneArena> seen{OneArena(pools)};
    std::deque<OneArena> queue{OneArena(pools)};
    for (; !queue.empty(); queue.pop_front()) {
      for (const OneArena& next : queue.front().successors(classes)) {
        if (seen.insert(next).second) queue.push_back(next);
      }
    }
    return seen.size();
  }

 private:
  struct Pool {
    int size_class;
    int carved;
    int live;
    friend auto operator<=>(const Pool&, const Pool&) = default;
  };
  static constexpr std::array<int, 3> capacity = {6, 3, 2};

  [[nodiscard]] std::vector<OneArena> successors(const std::vector<int>& classes) const {
    std::vector<OneArena> next;
    for (const int size_class : classes) {
      next.push_back(*this);
      next.back().allocate(size_class);
      const auto c = static_cast<std::size_t>(size_class);
      if (full_[c] > 0) {
        next.push_back(*this);
        next.back().free_from_full(c);
      }
      for (std::size_t i = 0; i < used_[c].size(); ++i) {
        next.push_back(*this);
        next.back().free_from_used(c, i);
      }
    }
    return next;
  }

  void allocate(int size_class) {
    const auto c = static_cast<std::size_t>(size_class);
    if (used_[c].empty()) {
      if (!empty_.empty()) {
        Pool pool = empty_.front();
        empty_.pop_front();
        if (pool.size_class != size_class) pool = {size_class, 2, 0};
        pool.live = 1;
        used_[c].push_front(pool);
      } else if (uncarved_ > 0) {
        --uncarved_;
        used_[c].push_front({size_class, 2, 1});
      }
      return;
    }
    Pool& pool = used_[c].front();
    if (++pool.live < pool.carved) return;
    if (pool.carved < capacity[c]) {
      ++pool.carved;
    } else {
      used_[c].pop_front();
      ++full_[c];
    }
  }
  void free_from_full(std::size_t c) {
    --full_[c];
    used_[c].push_front({static_cast<int>(c), capacity[c], capacity[c] - 1});
  }
  void free_from_used(std::size_t c, std::size_t i) {
    Pool& pool = used_[c][i];
    if (--pool.live > 0) return;
    empty_.push_front(pool);
    used_[c].erase(used_[c].begin() + static_cast<std::ptrdiff_t>(i));
  }

  std::array<std::deque<Pool>, 3> used_;
  std::array<int, 3> full_{};
  std::deque<Pool> empty_;
  int uncarved_;
};

[[nodiscard]] ExploreResult explore_space(const UniverseOptions& options, std::uint32_t depth = 1000,
                                          std::string_view layout = "tiny") {
  const auto universe = make_universe(layout, options);
  ExploreOptions limits;
  limits.depth = depth;
  return explore(*universe, limits);
}

[[nodiscard]] UniverseOptions space(std::vector<std::uint32_t> classes, std::uint32_t arenas = 1) {
  UniverseOptions options;
  options.classes = std::move(classes);
  options.arenas = arenas;
  options.raw_blocks = 0;
  return options;
}

[[nodiscard]] std::string told(const ExploreResult& result) {
  std::string text;
  if (result.finding) {
    text = result.finding->complaint.oracle + ": " + result.finding->complaint.found + "\n";
    for (const Operation& operation : result.finding->program) text += to_text(operation) + "\n";
  }
  return text;
}

void expect_exhausted(const ExploreResult& result, std::uint64_t states) {
  EXPECT_EQ(result.end, ExploreEnd::exhausted) << told(result);
  EXPECT_EQ(result.progress.states, states);
}

TEST(OneArenaOfTiny, HasAsManyStatesAsThePolicyAllows) {
  expect_exhausted(explore_space(space({96})), OneArena::states({2}, 4));
  expect_exhausted(explore_space(space({64, 96})), OneArena::states({1, 2}, 4));
  // A misaligned arena has a pool less.
  UniverseOptions misaligned = space({64, 96});
  misaligned.placement = pymalloc::Placement::misaligned;
  expect_exhausted(explore_space(misaligned), OneArena::states({1, 2}, 3));
}

TEST(OneArenaOfTiny, WithABlockOfTheRawAllocatorHasTwiceTheStates) {
  UniverseOptions options = space({64, 96});
  options.raw_blocks = 1;
  expect_exhausted(explore_space(options), 2 * OneArena::states({1, 2}, 4));
}

TEST(OneArenaOfTiny, ByExactAddressesHasMoreStatesThanByStanding) {
  UniverseOptions exact = space({96});
  exact.exact = true;
  const ExploreResult result = explore_space(exact);
  EXPECT_EQ(result.end, ExploreEnd::exhausted) << told(result);
  EXPECT_GT(result.progress.states, OneArena::states({2}, 4));
}

TEST(EveryUniverse, IsSoundUpToSomeDepth) {
  for (const std::string_view layout : universe_layouts()) {
    for (const auto placement :
         {pymalloc::Placement::up, pymalloc::Placement::misaligned, pymalloc::Placement::adjacent}) {
      UniverseOptions options = space({}, 3);
      options.placement = placement;
      options.failures = true;
      options.raw_blocks = 1;
      const ExploreResult result = explore_space(options, 3, layout);
      EXPECT_EQ(result.end, ExploreEnd::depth) << layout << " " << word(placement) << "\n" << told(result);
    }
  }
}

TEST(EveryUniverse, IsSoundWhereArenasComeAndGo) {
  for (const std::string_view layout : universe_layouts()) {
    const ExploreResult result = explore_space(space({96}, 2), 1000, layout);
    EXPECT_EQ(result.end, ExploreEnd::exhausted) << layout << "\n" << told(result);
  }
}

TEST(EveryUniverse, GivesTheSameResultEachTime) {
  const ExploreResult first = explore_space(space({}, 2), 4);
  const ExploreResult second = explore_space(space({}, 2), 4);
  EXPECT_EQ(first.progress.states, second.progress.states);
  EXPECT_EQ(first.progress.transitions, second.progress.transitions);
  EXPECT_EQ(first.progress.bytes, second.progress.bytes);
}

// Takes random steps, and compares what putting back makes of a state with the state itself.
TEST(HomeUniverse, IsPutBackWithAllThatItKnows) {
  UniverseOptions options = space({}, 3);
  options.exact = true;
  options.raw_blocks = 2;
  options.failures = true;
  const auto universe = make_universe("tiny", options);
  std::mt19937_64 random(1);
  std::vector<Step> steps;
  std::vector<Step> again;
  for (int walk = 0; walk < 30; ++walk) {
    universe->start();
    for (int i = 0; i < 60; ++i) {
      universe->steps(steps);
      const std::uint64_t digest = universe->digest();
      universe->save(3);
      const Step step = steps[random() % steps.size()];
      ASSERT_FALSE(universe->take(step));
      const bool inside = universe->inside();
      const std::uint64_t taken = universe->digest();
      ASSERT_FALSE(universe->end());
      universe->restore(3);
      universe->steps(again);
      ASSERT_EQ(universe->digest(), digest);
      ASSERT_EQ(again, steps);
      if (!inside) continue;
      ASSERT_FALSE(universe->take(step));
      ASSERT_EQ(universe->digest(), taken);
    }
  }
}

// Whatever a universe does, its description as a trace makes the subject of the same layout do too.
TEST(HomeUniverse, DescribesItsStepsAsATraceThatASubjectAnswersAlike) {
  for (const auto placement : {pymalloc::Placement::up, pymalloc::Placement::misaligned}) {
    UniverseOptions options = space({}, 2);
    options.failures = true;
    options.placement = placement;
    options.raw_blocks = 1;
    const auto universe = make_universe("tiny", options);
    std::mt19937_64 random(2);
    std::vector<Step> steps;
    Trace trace{LayoutId::tiny, {}};
    universe->preamble(trace.operations);
    for (int i = 0; i < 400; ++i) {
      universe->steps(steps);
      const Step step = steps[random() % steps.size()];
      universe->save(0);
      ASSERT_FALSE(universe->take(step));
      if (!universe->inside()) {
        universe->restore(0);
        continue;
      }
      universe->describe(trace.operations);
    }
    const auto subject = make_subject("pymalloc:tiny");
    const Verdict verdict = run(trace, *subject);
    ASSERT_FALSE(verdict.finding) << to_string(*verdict.finding);
    EXPECT_EQ(verdict.statistics.skipped, 0U);
    EXPECT_GT(verdict.statistics.refused, 0U);
  }
}

}  // namespace
}  // namespace poolhammer
