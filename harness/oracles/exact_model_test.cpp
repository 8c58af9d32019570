// The model agrees with a sound heap whatever happens to it, and every difference in what stands in memory,
// in the calls below and in the answers is told by its own oracle, in words.
#include "harness/oracles/exact_model.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "harness/run/runner.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using pymalloc::Call;
using pymalloc::JournalEntry;

constexpr std::uintptr_t arena_at = 0x10000;
constexpr std::uintptr_t first_block = arena_at + 64;  // tiny: a header of 48 bytes, blocks aligned to 32

[[nodiscard]] ModelLayout tiny() {
  ModelLayout layout = model_layout<pymalloc::Tiny>();
  layout.radix_bits.clear();
  return layout;
}

[[nodiscard]] const void* pointer(std::uintptr_t address) {
  return reinterpret_cast<const void*>(address);
}

/// What a heap asks for with its first block: the table of arena objects, and an arena.
[[nodiscard]] std::vector<JournalEntry> first_calls(std::uintptr_t arena = arena_at) {
  return {{Call::raw_realloc, 0, 112, 0x900}, {Call::arena_request, 0, 1024, arena}};
}

[[nodiscard]] std::string oracle(const std::optional<Complaint>& complaint) {
  return complaint ? complaint->oracle + ": " + complaint->expected + " / " + complaint->found : "nothing";
}

TEST(ExactModel, GivesTheFirstBlockOfTheFirstPool) {
  ExactModel model(tiny());
  EXPECT_EQ(oracle(model.malloc(1, pointer(first_block), first_calls())), "nothing");
  EXPECT_EQ(oracle(model.malloc(32, pointer(first_block + 32), {})), "nothing");
}

TEST(ExactModel, TellsAnotherBlockThanThePolicysByItsPlace) {
  ExactModel model(tiny());
  EXPECT_EQ(oracle(model.malloc(1, pointer(first_block + 32), first_calls())),
            "model.answer: arena 0, pool 0, block 0, at 0x10040 / arena 0, pool 0, block 1, at 0x10060");
}

TEST(ExactModel, TellsARefusalWithoutAReason) {
  ExactModel model(tiny());
  EXPECT_EQ(oracle(model.malloc(1, nullptr, first_calls())),
            "model.answer: arena 0, pool 0, block 0, at 0x10040 / NULL");
}

TEST(ExactModel, FallsBackToTheRawAllocatorWhereAnArenaIsRefused) {
  ExactModel model(tiny());
  std::vector<JournalEntry> calls = first_calls(0);
  calls.push_back({Call::raw_malloc, 0, 5, 0x990});
  EXPECT_EQ(oracle(model.malloc(5, pointer(0x990), calls)), "nothing");
  EXPECT_EQ(oracle(model.free(pointer(0x990), std::vector<JournalEntry>{{Call::raw_free, 0x990, 0, 0}})),
            "nothing");
}

TEST(ExactModel, TellsACallThatIsMissing) {
  ExactModel model(tiny());
  EXPECT_EQ(oracle(model.malloc(97, pointer(0x990), {})),
            "model.requests: malloc of 97 bytes by the raw allocator / no call");
}

TEST(ExactModel, TellsACallThatIsOneTooMany) {
  ExactModel model(tiny());
  std::vector<JournalEntry> calls = first_calls();
  calls.push_back({Call::arena_request, 0, 1024, 0x20000});
  EXPECT_EQ(oracle(model.malloc(1, pointer(first_block), calls)),
            "model.requests: no call / a request for an arena of 1024 bytes");
}

TEST(ExactModel, TellsAReleaseWithAWrongSize) {
  ModelLayout layout = tiny();
  layout.keeps_last_arena = false;
  ExactModel model(layout);
  ASSERT_EQ(oracle(model.malloc(1, pointer(first_block), first_calls())), "nothing");
  const std::vector<JournalEntry> calls = {{Call::arena_release, arena_at, 512, 0}};
  EXPECT_EQ(oracle(model.free(pointer(first_block), calls)),
            "model.requests: the release of the arena at 0x10000 of 1024 bytes / the release of the arena at "
            "0x10000 of 512 bytes");
}

TEST(ExactModel, LosesAPoolOfAMisalignedArena) {
  ExactModel model(tiny());
  ASSERT_EQ(oracle(model.malloc(96, pointer(0x10100 + 64), first_calls(0x10010))), "nothing");
  EXPECT_EQ(model.state().arenas[0].available(), 2U);
}

TEST(ExactModel, IsAValueThatCanBePutBack) {
  ExactModel model(tiny());
  ASSERT_EQ(oracle(model.malloc(1, pointer(first_block), first_calls())), "nothing");
  const ExactModel saved = model;
  ASSERT_EQ(oracle(model.malloc(1, pointer(first_block + 32), {})), "nothing");
  model = saved;
  EXPECT_EQ(oracle(model.malloc(1, pointer(first_block + 32), {})), "nothing");
}

/// A heap that stands in memory as it should, but for what a test says.
class Untrue final : public HeapView {
 public:
  explicit Untrue(const HeapView& truth) : truth_(truth) {}

  std::function<void(PoolView&)> pool_lie = [](PoolView&) {};
  std::function<void(ArenaView&)> arena_lie = [](ArenaView&) {};
  std::function<void(pymalloc::Totals&)> totals_lie = [](pymalloc::Totals&) {};
  std::function<void(ArenaCounts&)> counts_lie = [](ArenaCounts&) {};
  std::uint32_t usable_lie = 0, unused_lie = 0, last_lie = 0;
  std::uintptr_t first_lie = 0, end_lie = 0, link_lie = 0;

  [[nodiscard]] ModelLayout layout() const override { return truth_.layout(); }
  [[nodiscard]] PoolView pool(std::uintptr_t pool) const override {
    PoolView view = truth_.pool(pool);
    pool_lie(view);
    return view;
  }
  [[nodiscard]] std::uintptr_t link(std::uintptr_t block) const override {
    return truth_.link(block) + link_lie;
  }
  [[nodiscard]] bool shows_arenas() const override { return true; }
  [[nodiscard]] std::uint32_t arena_objects() const override { return truth_.arena_objects(); }
  [[nodiscard]] ArenaView arena(std::uint32_t index) const override {
    ArenaView view = truth_.arena(index);
    arena_lie(view);
    return view;
  }
  [[nodiscard]] std::uint32_t first_usable_arena() const override {
    return truth_.first_usable_arena() + usable_lie;
  }
  [[nodiscard]] std::uint32_t first_unused_arena() const override {
    return truth_.first_unused_arena() + unused_lie;
  }
  [[nodiscard]] std::uint32_t last_arena_with(std::uint32_t nfreepools) const override {
    return truth_.last_arena_with(nfreepools) + last_lie;
  }
  [[nodiscard]] std::uintptr_t first_used_pool(std::uint32_t size_class) const override {
    return truth_.first_used_pool(size_class) + first_lie;
  }
  [[nodiscard]] std::uintptr_t last_used_pool(std::uint32_t size_class) const override {
    return truth_.last_used_pool(size_class) + end_lie;
  }
  [[nodiscard]] pymalloc::Totals totals() const override {
    pymalloc::Totals totals = truth_.totals();
    totals_lie(totals);
    return totals;
  }
  [[nodiscard]] std::optional<ArenaCounts> arena_counts() const override {
    std::optional<ArenaCounts> counts = truth_.arena_counts();
    if (counts) counts_lie(*counts);
    return counts;
  }

 private:
  const HeapView& truth_;
};

struct Untruth {
  std::string name;
  std::string oracle;
  std::function<void(Untrue&)> tell;
};

class Comparison : public testing::TestWithParam<Untruth> {
 protected:
  /// Two pools of one class, one of them just become the first of its list, in one arena.
  Comparison() : subject_(make_subject("pymalloc:tiny")), model_(subject_->view()->layout()) {
    subject_->journal()->open(true);
    std::vector<void*> blocks;
    for (int i = 0; i < 3; ++i) {
      subject_->journal()->clear();
      blocks.push_back(subject_->malloc(96));
      EXPECT_EQ(oracle(model_.malloc(96, blocks.back(), subject_->journal()->entries())), "nothing");
    }
    subject_->journal()->clear();
    subject_->free(blocks.front());
    EXPECT_EQ(oracle(model_.free(blocks.front(), subject_->journal()->entries())), "nothing");
  }

  std::unique_ptr<Subject> subject_;
  ExactModel model_;
};

TEST_P(Comparison, OfWhatIsTrueFindsNothing) {
  EXPECT_EQ(oracle(model_.compare_touched(*subject_->view())), "nothing");
  EXPECT_EQ(oracle(model_.compare_all(*subject_->view())), "nothing");
}

TEST_P(Comparison, OfOneUntruthNamesItsOracle) {
  Untrue view(*subject_->view());
  GetParam().tell(view);
  const auto difference = model_.compare_all(view);
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->oracle, GetParam().oracle) << oracle(difference);
}

[[nodiscard]] std::vector<Untruth> untruths() {
  const auto pool = [](std::string name, std::string oracle, std::function<void(PoolView&)> lie) {
    return Untruth{std::move(name), std::move(oracle),
                   [lie = std::move(lie)](Untrue& view) { view.pool_lie = lie; }};
  };
  const auto arena = [](std::string name, std::string oracle, std::function<void(ArenaView&)> lie) {
    return Untruth{std::move(name), std::move(oracle),
                   [lie = std::move(lie)](Untrue& view) { view.arena_lie = lie; }};
  };
  const auto totals = [](std::string name, std::function<void(pymalloc::Totals&)> lie) {
    return Untruth{std::move(name), "model.totals",
                   [lie = std::move(lie)](Untrue& view) { view.totals_lie = lie; }};
  };
  const auto counts = [](std::string name, std::function<void(ArenaCounts&)> lie) {
    return Untruth{std::move(name), "model.totals",
                   [lie = std::move(lie)](Untrue& view) { view.counts_lie = lie; }};
  };
  return {
      pool("ref_count", "model.pool", [](PoolView& v) { ++v.ref_count; }),
      pool("size_class", "model.pool", [](PoolView& v) { v.size_class = 0; }),
      pool("next_offset", "model.pool", [](PoolView& v) { v.next_offset += 96; }),
      pool("max_next_offset", "model.pool", [](PoolView& v) { v.max_next_offset -= 1; }),
      pool("arena_index", "model.pool", [](PoolView& v) { ++v.arena_index; }),
      pool("freeblock", "model.pool", [](PoolView& v) { v.freeblock += 96; }),
      pool("nextpool", "model.lists", [](PoolView& v) { v.nextpool += 256; }),
      pool("prevpool", "model.lists", [](PoolView& v) { v.prevpool += 256; }),
      {"link", "model.pool", [](Untrue& v) { v.link_lie = 96; }},
      {"first_used_pool", "model.lists", [](Untrue& v) { v.first_lie = 256; }},
      {"last_used_pool", "model.lists", [](Untrue& v) { v.end_lie = 256; }},
      {"usable_arenas", "model.lists", [](Untrue& v) { v.usable_lie = 1; }},
      {"unused_arenas", "model.lists", [](Untrue& v) { v.unused_lie = 1; }},
      {"nfp2lasta", "model.lists", [](Untrue& v) { v.last_lie = 1; }},
      arena("address", "model.arena", [](ArenaView& v) { v.address += 16; }),
      arena("pool_address", "model.arena", [](ArenaView& v) { v.pool_address += 256; }),
      arena("nfreepools", "model.arena", [](ArenaView& v) { ++v.nfreepools; }),
      arena("ntotalpools", "model.arena", [](ArenaView& v) { --v.ntotalpools; }),
      arena("freepools", "model.lists", [](ArenaView& v) { v.freepools += 256; }),
      arena("nextarena", "model.lists", [](ArenaView& v) { v.nextarena = 0; }),
      arena("prevarena", "model.lists", [](ArenaView& v) { v.prevarena = 1; }),
      totals("blocks", [](pymalloc::Totals& t) { ++t.blocks; }),
      totals("bytes", [](pymalloc::Totals& t) { t.bytes -= 96; }),
      totals("pools", [](pymalloc::Totals& t) { ++t.pools; }),
      totals("arenas", [](pymalloc::Totals& t) { --t.arenas; }),
      counts("requested", [](ArenaCounts& c) { ++c.requested; }),
      counts("refused", [](ArenaCounts& c) { ++c.refused; }),
      counts("released", [](ArenaCounts& c) { ++c.released; }),
      counts("kept", [](ArenaCounts& c) { ++c.kept; }),
      counts("most", [](ArenaCounts& c) { --c.most; }),
      counts("table_grown", [](ArenaCounts& c) { ++c.table_grown; }),
  };
}

INSTANTIATE_TEST_SUITE_P(OfEachField, Comparison, testing::ValuesIn(untruths()),
                         [](const auto& test) { return test.param.name; });

class ExactModelOfALayout : public testing::TestWithParam<std::string_view> {};

// Every step compared with everything: what the comparison of what a step touched leaves out is seen here.
TEST_P(ExactModelOfALayout, AgreesAfterEveryStepOfRandomPrograms) {
  const auto subject = make_subject("pymalloc:" + std::string(GetParam()));
  RunOptions options;
  options.check_every = 1;
  options.memory_limit = 1U << 20U;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Trace trace = generate(seed, {.operations = 150, .layout = *layout_named(GetParam())});
    const Verdict verdict = run(trace, *subject, options);
    ASSERT_FALSE(verdict.finding) << "seed " << seed << ":\n"
                                  << to_string(*verdict.finding) << to_text(trace);
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachLayout, ExactModelOfALayout, testing::ValuesIn(layout_words),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace poolhammer
