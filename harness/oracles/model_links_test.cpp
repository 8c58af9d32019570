// A list that is wrong in its middle alone: both of its ends are as they should be.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/oracles/exact_model.hpp"
#include "harness/subjects/heap_view.hpp"
#include "harness/subjects/subject.hpp"

namespace poolhammer {
namespace {

/// A heap that stands in memory as it should, but for one pool.
class UntrueOfOnePool final : public HeapView {
 public:
  UntrueOfOnePool(const HeapView& truth, std::uintptr_t pool, std::function<void(PoolView&)> lie)
      : truth_(truth), pool_(pool), lie_(std::move(lie)) {}

  [[nodiscard]] ModelLayout layout() const override { return truth_.layout(); }
  [[nodiscard]] PoolView pool(std::uintptr_t pool) const override {
    PoolView view = truth_.pool(pool);
    if (pool == pool_) lie_(view);
    return view;
  }
  [[nodiscard]] std::uintptr_t link(std::uintptr_t block) const override { return truth_.link(block); }

 private:
  const HeapView& truth_;
  std::uintptr_t pool_;
  std::function<void(PoolView&)> lie_;
};

/// Three pools of two blocks each, all in one used list.
class MiddlePool : public testing::Test {
 protected:
  MiddlePool() : subject_(make_subject("pymalloc:tiny")), model_(subject_->view()->layout()) {
    subject_->journal()->open(true);
    std::vector<void*> blocks;
    for (int i = 0; i < 6; ++i) {
      subject_->journal()->clear();
      blocks.push_back(subject_->malloc(96));
      EXPECT_FALSE(model_.malloc(96, blocks.back(), subject_->journal()->entries()));
    }
    for (const std::size_t first : {0U, 2U, 4U}) {
      subject_->journal()->clear();
      subject_->free(blocks[first]);
      EXPECT_FALSE(model_.free(blocks[first], subject_->journal()->entries()));
    }
    middle_ = reinterpret_cast<std::uintptr_t>(blocks[2]) & ~std::uintptr_t{255};
  }

  [[nodiscard]] std::string accusation(std::function<void(PoolView&)> lie) const {
    const auto complaint = model_.compare_all(UntrueOfOnePool(*subject_->view(), middle_, std::move(lie)));
    return complaint ? complaint->oracle : "nothing";
  }

  std::unique_ptr<Subject> subject_;
  ExactModel model_;
  std::uintptr_t middle_ = 0;
};

TEST_F(MiddlePool, ThatIsWhereItShouldBeIsNotAccused) {
  EXPECT_EQ(accusation([](PoolView&) {}), "nothing");
}

TEST_F(MiddlePool, ThatLeadsElsewhereIsAccused) {
  EXPECT_EQ(accusation([](PoolView& view) { view.nextpool += 256; }), "model.lists");
  EXPECT_EQ(accusation([](PoolView& view) { view.prevpool += 256; }), "model.lists");
}

}  // namespace
}  // namespace poolhammer
