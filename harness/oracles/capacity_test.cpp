#include "harness/oracles/capacity.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

TEST(Capacity, ThatShrankIsAComplaint) {
  CapacityBook book;
  EXPECT_FALSE(book.filled(8, 0, 10));
  EXPECT_FALSE(book.filled(8, 0, 11));
  book.given(8, 0);
  const auto complaint = book.filled(8, 0, 10);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->oracle, "contract.capacity.kept");
  EXPECT_EQ(complaint->expected, "room for 11 such blocks, as before, where none is live");
  EXPECT_EQ(complaint->found, "room for 10");
}

TEST(Capacity, IsNotComparedAcrossBlocksOfAnotherKind) {
  CapacityBook book;
  EXPECT_FALSE(book.filled(8, 0, 10));
  EXPECT_FALSE(book.filled(8, 16, 5));
  EXPECT_FALSE(book.filled(8, 0, 9));
  book.given(24, 0);
  EXPECT_FALSE(book.filled(8, 0, 8));
}

TEST(Capacity, OfAnArenaThatTakesNothingBackIsNoComplaint) {
  CapacityBook book;
  EXPECT_FALSE(book.filled(8, 0, 10));
  EXPECT_FALSE(book.filled(8, 0, 0));
}

}  // namespace
}  // namespace poolhammer
