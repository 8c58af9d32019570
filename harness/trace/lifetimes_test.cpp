#include "harness/trace/lifetimes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;

[[nodiscard]] std::vector<Operation> program(const std::string& operations) {
  return parse_text("poolhammer trace 1\n" + operations).operations;
}

const char* const two_blocks_of_a_slot =
    "malloc 0 1\nmalloc 7 2\nrealloc 0 3\nfree 0\ncheck\nmalloc 0 4\nfree 7\n";

TEST(Lifetimes, HoldTheOperationsOfABlockTogether) {
  const Lifetimes lifetimes = lifetimes_of(program(two_blocks_of_a_slot));
  EXPECT_THAT(lifetimes.of, ElementsAre(0, 1, 0, 0, 2, 3, 1));
  EXPECT_EQ(lifetimes.count, 4U);
}

TEST(Lifetimes, LeaveAloneWhatBelongsToNoBlock) {
  // A free of an empty slot, an allocation into a slot that holds a block, a realloc of an empty slot.
  const Lifetimes lifetimes =
      lifetimes_of(program("free 3\nmalloc 0 1\nmalloc 0 2\nfree 0\nrealloc 0 5\nfree 0\n"));
  EXPECT_THAT(lifetimes.of, ElementsAre(0, 1, 2, 1, 3, 3));
}

TEST(Lifetimes, AreDroppedWhole) {
  const std::vector<Operation> operations = program(two_blocks_of_a_slot);
  const Lifetimes lifetimes = lifetimes_of(operations);
  EXPECT_EQ(without(operations, lifetimes, 0, 1), program("malloc 7 2\ncheck\nmalloc 0 4\nfree 7\n"));
  EXPECT_EQ(without(operations, lifetimes, 1, 4), program("malloc 0 1\nrealloc 0 3\nfree 0\n"));
}

TEST(Lifetimes, OfTheLastOperationsComeWithTheirBeginning) {
  const std::vector<Operation> operations = program(two_blocks_of_a_slot);
  EXPECT_EQ(last_of(operations, lifetimes_of(operations), 2), program("malloc 7 2\nmalloc 0 4\nfree 7\n"));
  EXPECT_EQ(last_of(operations, lifetimes_of(operations), 100), operations);
}

TEST(Lifetimes, GetASlotEach) {
  EXPECT_EQ(with_own_slots(program(two_blocks_of_a_slot)),
            program("malloc 0 1\nmalloc 1 2\nrealloc 0 3\nfree 0\ncheck\nmalloc 2 4\nfree 1\n"));
}

}  // namespace
}  // namespace poolhammer
