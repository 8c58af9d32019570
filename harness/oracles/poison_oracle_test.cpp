// A heap that forbids its clients a byte too many or one too few, and is sound otherwise, is accused at the
// operation beside it, or at the next check point.
#include "harness/oracles/poison_oracle.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "allocator/poison.hpp"
#include "harness/oracles/poisoned_bytes.hpp"
#include "harness/run/runner.hpp"
#include "harness/subjects/subject.hpp"
#include "harness/testing/forwarding_subject.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

/// Changes what is poisoned after a call; it gets the blocks that were given until then, in their order.
using Fault = std::function<void(const std::vector<std::byte*>& blocks)>;

/// The tiny reference allocator, with a fault behind its call of that number.
class Faulty final : public ForwardingSubject {
 public:
  Faulty(std::size_t call, Fault fault)
      : ForwardingSubject(make_subject("pymalloc:tiny")), call_(call), fault_(std::move(fault)) {}

  [[nodiscard]] bool has(OperationKind function) const override { return inner().has(function); }
  [[nodiscard]] Answer call(const FunctionCall& call) override {
    const Answer answer = inner().call(call);
    if (answer.block != nullptr) blocks_.push_back(static_cast<std::byte*>(answer.block));
    if (calls_++ == call_ && fault_) fault_(blocks_);
    return answer;
  }

 private:
  std::size_t call_;
  std::size_t calls_ = 0;
  Fault fault_;
  std::vector<std::byte*> blocks_;
};

/// The oracle that accuses, and the step at which it does.
[[nodiscard]] std::string accusation(const std::string& operations, std::size_t call = 0,
                                     const Fault& fault = {}, Oracles oracles = {}, int version = 1) {
  Faulty subject(call, fault);
  RunOptions options;
  options.oracles = oracles;
  const std::string head = "poolhammer trace " + std::to_string(version) + "\nlayout tiny\n";
  const Verdict verdict = run(parse_text(head + operations), subject, options);
  if (!verdict.finding) return "nothing";
  return verdict.finding->oracle + " at " + std::to_string(verdict.finding->operation_index);
}

/// Leaves the first bytes of a granule open, as many as said.
void open_exactly(std::byte* granule, std::size_t bytes) {
  pymalloc::poison(granule, 8);
  pymalloc::unpoison(granule, bytes);
}

[[nodiscard]] Oracles only_poison() {
  return *oracles_named("poison");
}

class PoisonOfAHeap : public testing::Test {
 protected:
  void SetUp() override {
    if (!poison_is_visible()) GTEST_SKIP() << "not built with AddressSanitizer: nothing is poisoned";
  }
};

// Tiny: pools of 256 bytes with a header of 64 and blocks of 32, 64 or 96 bytes; an arena has four.
constexpr const char* two = "malloc 0 24\nmalloc 1 24\n";

TEST_F(PoisonOfAHeap, ThatIsAsItShouldBeIsNotAccused) {
  EXPECT_EQ(accusation(std::string(two) +
                       "free 0\nrealloc 1 90\ncalloc 2 3 11\nmalloc 3 500\nrealloc 3 3\ncheck\n"),
            "nothing");
  EXPECT_EQ(accusation("malloc 0 0\nmalloc 1 500\nfail-raw 1\nrealloc 1 600\nrealloc 1 501\nfree 1\n"),
            "nothing");
  EXPECT_EQ(accusation("place misaligned\nmalloc 0 90\nfree 0\nmalloc 1 5\ncheck\n", 0, {}, only_poison()),
            "nothing");
}

TEST_F(PoisonOfAHeap, WithBlocksOfGigabytesIsJudgedAtTheirEnds) {
  EXPECT_EQ(accusation("malloc 0 4294967291\nmalloc 1 1073741824\nrealloc 1 2000000000\nfree 0\nmalloc 2 "
                       "1073741825\ncheck\n"),
            "nothing");
  const Fault close_first = [](const auto& blocks) { pymalloc::poison(blocks.back(), 8); };
  EXPECT_EQ(accusation("malloc 0 4294967291\n", 0, close_first), "poison.open at 0");
  const Fault open_behind = [](const auto& blocks) { pymalloc::unpoison(blocks.back() + 4294967288, 8); };
  EXPECT_EQ(accusation("malloc 0 4294967291\n", 0, open_behind), "poison.closed at 0");
}

TEST_F(PoisonOfAHeap, WithRawBlocksBesideItsFullArenaIsNotAccused) {
  std::string operations = "place beside_raw\n";
  for (int slot = 0; slot < 16; ++slot) operations += "malloc " + std::to_string(slot) + " 96\n";
  for (int slot = 16; slot < 32; ++slot)
    operations += "malloc " + std::to_string(slot) + " " + std::to_string(60 * (slot - 14)) + "\n";
  EXPECT_EQ(accusation(operations + "check\n"), "nothing");
}

TEST_F(PoisonOfAHeap, MustNotCloseAByteOfTheOperationsBlock) {
  const Fault close_last = [](const auto& blocks) { open_exactly(blocks.back() + 16, 7); };
  EXPECT_EQ(accusation("malloc 0 24\n", 0, close_last), "poison.open at 0");
  EXPECT_EQ(accusation("calloc 0 1 24\n", 0, close_last), "poison.open at 0");
  EXPECT_EQ(accusation("malloc 1 9\nrealloc 1 24\n", 1, close_last), "poison.open at 1");
}

TEST_F(PoisonOfAHeap, MustNotOpenTheSlackOfTheOperationsBlock) {
  const Fault open_one_more = [](const auto& blocks) { pymalloc::unpoison(blocks.back() + 16, 6); };
  EXPECT_EQ(accusation("malloc 0 21\n", 0, open_one_more), "poison.closed at 0");
  EXPECT_EQ(accusation("malloc 0 30\nrealloc 0 21\n", 1, open_one_more), "poison.closed at 1");
}

TEST_F(PoisonOfAHeap, MustNotOpenABlockThatWasFreed) {
  const Fault open_first = [](const auto& blocks) { pymalloc::unpoison(blocks.front() + 8, 1); };
  EXPECT_EQ(accusation(std::string(two) + "free 0\n", 2, open_first), "poison.closed at 2");
  EXPECT_EQ(accusation(std::string(two) + "realloc 0 64\n", 2, open_first), "poison.closed at 2");
  EXPECT_EQ(accusation(std::string(two) + "realloc 0 500\n", 2, open_first), "poison.closed at 2");
  EXPECT_EQ(accusation("malloc 0 500\nfree 0\n", 1, open_first), "poison.closed at 1");
}

TEST_F(PoisonOfAHeap, MustNotCloseABlockWhoseResizeWasRefused) {
  const Fault close_first = [](const auto& blocks) { pymalloc::poison(blocks.front(), 8); };
  EXPECT_EQ(accusation("malloc 0 24\nfail-arenas 9\nfail-raw 9\nrealloc 0 500\n", 1, close_first),
            "poison.open at 3");
}

TEST_F(PoisonOfAHeap, IsLookedAtInTheHeaderAndInTheBlocksOnBothSides) {
  const auto open_at = [](std::ptrdiff_t offset) -> Fault {
    return [offset](const auto& blocks) { pymalloc::unpoison(blocks.back() + offset, 1); };
  };
  EXPECT_EQ(accusation("malloc 0 24\n", 0, open_at(-64)), "poison.closed at 0");
  EXPECT_EQ(accusation("malloc 0 24\n", 0, open_at(32)), "poison.closed at 0") << "the next block";
  EXPECT_EQ(accusation(std::string(two) + "free 0\nmalloc 2 60\nfree 1\n", 1, open_at(-8)),
            "poison.closed at 1")
      << "the block before, in its slack";
  const Fault close_first = [](const auto& blocks) { pymalloc::poison(blocks.front(), 8); };
  EXPECT_EQ(accusation(two, 1, close_first), "poison.open at 1");
}

TEST_F(PoisonOfAHeap, IsLookedAtEverywhereAtCheckPoints) {
  const auto open_at = [](std::ptrdiff_t offset) -> Fault {
    return [offset](const auto& blocks) { pymalloc::unpoison(blocks.front() + offset, 1); };
  };
  const std::string operations = "malloc 0 24\ncheck\n";
  EXPECT_EQ(accusation(operations, 0, open_at(128)), "poison.closed at 1") << "never carved";
  EXPECT_EQ(accusation(operations, 0, open_at(1024 - 64 - 8)), "poison.closed at 1")
      << "the arena's last byte";
  EXPECT_EQ(accusation("place misaligned\n" + operations, 0, open_at(-72)), "poison.closed at 2")
      << "before a misaligned arena's first pool";
  const Fault close_first = [](const auto& blocks) { pymalloc::poison(blocks.front(), 8); };
  EXPECT_EQ(accusation(std::string(two) + "malloc 2 24\ncheck\n", 2, close_first), "poison.open at 3");
}

TEST_F(PoisonOfAHeap, IsLookedAtInArenasThatWereGivenBack) {
  // Five pools of two blocks: the second arena holds the last, and is not the one that is kept.
  std::string operations;
  for (int i = 0; i < 10; ++i) operations += "malloc " + std::to_string(i) + " 96\n";
  for (int i = 0; i < 8; ++i) operations += "free " + std::to_string(i) + "\n";
  const Fault open_first = [](const auto& blocks) { pymalloc::unpoison(blocks.front(), 8); };
  EXPECT_EQ(accusation(operations + "check\n", 17, {}), "nothing");
  EXPECT_EQ(accusation(operations + "check\n", 17, open_first), "poison.closed at 18");
}

TEST_F(PoisonOfAHeap, FollowsTheOwnerWhoAskedForTheUsableSize) {
  const std::string asks = "b0 = malloc(21)\nmalloc_usable_size(b0)\n";
  EXPECT_EQ(accusation(asks + "check()\nb0 = realloc(b0, 30)\nfree(b0)\n", 0, {}, {}, 2), "nothing");
  const Fault close_slack = [](const auto& blocks) { open_exactly(blocks.front() + 24, 7); };
  EXPECT_EQ(accusation(asks, 1, close_slack, {}, 2), "poison.open at 1");
  const Fault open_next = [](const auto& blocks) { pymalloc::unpoison(blocks.front() + 32, 1); };
  EXPECT_EQ(accusation(asks, 1, open_next, {}, 2), "poison.closed at 1");
}

TEST_F(PoisonOfAHeap, IsJudgedWhereItAloneIsChosenAndNotWhereItIsNot) {
  const Fault open_next = [](const auto& blocks) { pymalloc::unpoison(blocks.front() + 32, 1); };
  EXPECT_EQ(accusation("malloc 0 24\n", 0, open_next, only_poison()), "poison.closed at 0");
  EXPECT_EQ(accusation("malloc 0 24\n", 0, open_next, *oracles_named("shadow,model")), "nothing");
}

}  // namespace
}  // namespace poolhammer
