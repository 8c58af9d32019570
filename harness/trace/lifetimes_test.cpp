#include "harness/trace/lifetimes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;

[[nodiscard]] std::vector<Operation> program(const std::string& operations) {
  return parse_text("poolhammer trace 2\n" + operations).operations;
}

const char* const two_blocks_of_a_slot =
    "b0 = malloc(1)\nb7 = malloc(2)\nb0 = realloc(b0, 3)\nfree(b0)\ncheck()\nb0 = malloc(4)\nfree(b7)\n";

TEST(Lifetimes, HoldTheOperationsOfABlockTogether) {
  const Lifetimes lifetimes = lifetimes_of(program(two_blocks_of_a_slot));
  EXPECT_THAT(lifetimes.of, ElementsAre(0, 1, 0, 0, 2, 3, 1));
  EXPECT_EQ(lifetimes.count, 4U);
}

TEST(Lifetimes, LeaveAloneWhatBelongsToNoBlock) {
  // A free of an empty slot, an allocation into a slot that holds a block, a realloc of an empty slot.
  const Lifetimes lifetimes = lifetimes_of(
      program("free(b3)\nb0 = malloc(1)\nb0 = malloc(2)\nfree(b0)\nb0 = realloc(b0, 5)\nfree(b0)\n"));
  EXPECT_THAT(lifetimes.of, ElementsAre(0, 1, 2, 1, 3, 3));
}

TEST(Lifetimes, AreDroppedWhole) {
  const std::vector<Operation> operations = program(two_blocks_of_a_slot);
  const Lifetimes lifetimes = lifetimes_of(operations);
  EXPECT_EQ(without(operations, lifetimes, 0, 1),
            program("b7 = malloc(2)\ncheck()\nb0 = malloc(4)\nfree(b7)\n"));
  EXPECT_EQ(without(operations, lifetimes, 1, 4), program("b0 = malloc(1)\nb0 = realloc(b0, 3)\nfree(b0)\n"));
}

TEST(Lifetimes, OfTheLastOperationsComeWithTheirBeginning) {
  const std::vector<Operation> operations = program(two_blocks_of_a_slot);
  EXPECT_EQ(last_of(operations, lifetimes_of(operations), 2),
            program("b7 = malloc(2)\nb0 = malloc(4)\nfree(b7)\n"));
  EXPECT_EQ(last_of(operations, lifetimes_of(operations), 100), operations);
}

TEST(Lifetimes, GetASlotEach) {
  EXPECT_EQ(with_own_slots(program(two_blocks_of_a_slot)),
            program("b0 = malloc(1)\nb1 = malloc(2)\nb0 = realloc(b0, 3)\nfree(b0)\ncheck()\nb2 = "
                    "malloc(4)\nfree(b1)\n"));
}

TEST(Lifetimes, TellWhichStepGaveABlock) {
  const Trace trace = parse_text(
      "poolhammer trace 2\nlayout tiny\nb0 = malloc(8)\nb0 = malloc(9)\nb1 = malloc(7)\nfree(b0)\nfree(b0)\n"
      "b0 = calloc(1, 5)\nb0 = realloc(b0, 50)\nfree(b0)\ncheck()\n");
  const auto giver = [&trace](std::size_t index) { return giver_of(trace.operations, index); };
  EXPECT_EQ(giver(0), std::nullopt);
  EXPECT_EQ(giver(3), 0U);  // the second request for the slot is passed over
  EXPECT_EQ(giver(4), std::nullopt);
  EXPECT_EQ(giver(6), 5U);
  EXPECT_EQ(giver(7), 6U);
  EXPECT_EQ(giver(8), std::nullopt);
  EXPECT_EQ(giver(99), std::nullopt);
}

}  // namespace
}  // namespace poolhammer
