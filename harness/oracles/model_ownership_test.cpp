// A heap that is sound in memory and errs about one address: whether it is its own.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "harness/oracles/exact_model.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

/// A heap that says of one address what is not so.
class WrongAboutOneAddress final : public HeapView {
 public:
  WrongAboutOneAddress(const HeapView& truth, std::uintptr_t address) : truth_(truth), address_(address) {}

  [[nodiscard]] ModelLayout layout() const override { return truth_.layout(); }
  [[nodiscard]] PoolView pool(std::uintptr_t pool) const override { return truth_.pool(pool); }
  [[nodiscard]] std::uintptr_t link(std::uintptr_t block) const override { return truth_.link(block); }
  [[nodiscard]] bool shows_arenas() const override { return true; }
  [[nodiscard]] std::uint32_t arena_objects() const override { return truth_.arena_objects(); }
  [[nodiscard]] ArenaView arena(std::uint32_t index) const override { return truth_.arena(index); }
  [[nodiscard]] std::uint32_t first_usable_arena() const override { return truth_.first_usable_arena(); }
  [[nodiscard]] std::uint32_t first_unused_arena() const override { return truth_.first_unused_arena(); }
  [[nodiscard]] std::uint32_t last_arena_with(std::uint32_t nfreepools) const override {
    return truth_.last_arena_with(nfreepools);
  }
  [[nodiscard]] std::uintptr_t first_used_pool(std::uint32_t size_class) const override {
    return truth_.first_used_pool(size_class);
  }
  [[nodiscard]] std::uintptr_t last_used_pool(std::uint32_t size_class) const override {
    return truth_.last_used_pool(size_class);
  }
  [[nodiscard]] pymalloc::Totals totals() const override { return truth_.totals(); }
  [[nodiscard]] std::vector<std::uintptr_t> edges() const override { return truth_.edges(); }
  [[nodiscard]] bool may_ask_of(std::uintptr_t address) const override { return truth_.may_ask_of(address); }
  [[nodiscard]] std::optional<bool> owns(std::uintptr_t address) const override {
    const std::optional<bool> truth = truth_.owns(address);
    if (truth && address == address_) return !*truth;
    return truth;
  }

 private:
  const HeapView& truth_;
  std::uintptr_t address_;
};

/// A heap with a misaligned arena; the first that it had was given back.
class Ownership : public testing::TestWithParam<const char*> {
 protected:
  Ownership() : subject_(make_subject(GetParam())), layout_(subject_->view()->layout()), model_(layout_) {
    subject_->journal()->open(true);
    // Two arenas that are filled, and a third with a block for good. The second becomes wholly free first,
    // and is the one that a layout may keep.
    const std::vector<void*> first = fill_arena();
    const std::vector<void*> second = fill_arena();
    gone_ = subject_->view()->arena(0).address;
    subject_->place(pymalloc::Placement::misaligned);
    live_ = malloc(layout_.small_request_threshold);
    arena_ = subject_->view()->arena(2).address;
    for (void* const block : second) free(block);
    for (void* const block : first) free(block);
  }

  [[nodiscard]] std::vector<void*> fill_arena() {
    const std::size_t blocks = layout_.pools_per_arena() * layout_.capacity(layout_.classes() - 1);
    std::vector<void*> filled;
    while (filled.size() < blocks) filled.push_back(malloc(layout_.small_request_threshold));
    return filled;
  }
  [[nodiscard]] void* malloc(std::size_t size) {
    subject_->journal()->clear();
    void* const block = subject_->malloc(size);
    EXPECT_FALSE(model_.malloc(size, block, subject_->journal()->entries()));
    return block;
  }
  void free(void* block) {
    subject_->journal()->clear();
    subject_->free(block);
    EXPECT_FALSE(model_.free(block, subject_->journal()->entries()));
  }

  [[nodiscard]] std::string accusation(std::uintptr_t wrong) const {
    const auto complaint = model_.compare_all(WrongAboutOneAddress(*subject_->view(), wrong));
    return complaint ? complaint->oracle : "nothing";
  }
  [[nodiscard]] bool by_header() const { return layout_.radix_bits.empty(); }

  std::unique_ptr<Subject> subject_;
  ModelLayout layout_;
  ExactModel model_;
  void* live_ = nullptr;
  std::uintptr_t arena_ = 0;  ///< the misaligned one
  std::uintptr_t gone_ = 0;   ///< the one that was given back
};

TEST_P(Ownership, AsItShouldBeIsNotAccused) {
  EXPECT_EQ(subject_->view()->arena(0).address, 0U);
  EXPECT_NE(arena_ % layout_.pool_size, 0U);
  EXPECT_EQ(accusation(0), "nothing");
}

TEST_P(Ownership, OfTheAddressesBesideAnArenaIsNobodys) {
  EXPECT_EQ(accusation(arena_ - 1), "model.ownership");
  EXPECT_EQ(accusation(arena_ + layout_.arena_size), "model.ownership");
}

TEST_P(Ownership, OfBothEndsOfACarvedPoolIsTheHeaps) {
  const std::uintptr_t pool = reinterpret_cast<std::uintptr_t>(live_) / layout_.pool_size * layout_.pool_size;
  EXPECT_EQ(accusation(pool), "model.ownership");
  EXPECT_EQ(accusation(pool + layout_.pool_size - 1), "model.ownership");
}

TEST_P(Ownership, OfAnArenasEndsIsTheHeapsWhereNoHeaderAnswers) {
  const std::string due = by_header() ? "nothing" : "model.ownership";
  const std::uintptr_t cell = (arena_ / layout_.arena_size + 1) * layout_.arena_size;
  for (const std::uintptr_t address : {arena_, cell - 1, cell, arena_ + layout_.arena_size - 1})
    EXPECT_EQ(accusation(address), due) << address - arena_;
}

TEST_P(Ownership, OfAnArenaThatWasGivenBackIsNobodys) {
  for (const std::uintptr_t address :
       {gone_ - 1, gone_, gone_ + layout_.arena_size - 1, gone_ + layout_.arena_size})
    EXPECT_EQ(accusation(address), "model.ownership") << address - gone_;
}

TEST_P(Ownership, OfTheRegionsEndsIsNobodys) {
  ASSERT_EQ(subject_->view()->edges().size(), 2U);
  for (const std::uintptr_t address : subject_->view()->edges())
    EXPECT_EQ(accusation(address), "model.ownership");
}

INSTANTIATE_TEST_SUITE_P(Layouts, Ownership, testing::Values("pymalloc:classic", "pymalloc:tiny"),
                         [](const auto& layout) { return std::string(layout.param).substr(9); });

}  // namespace
}  // namespace poolhammer
