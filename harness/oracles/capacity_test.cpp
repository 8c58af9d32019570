#include "harness/oracles/capacity.hpp"

#include <gtest/gtest.h>

#include <initializer_list>

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

/// Of an allocator that was full of blocks of 1000 bytes, then of three smaller kinds, then of 1000 again.
[[nodiscard]] CapacityBook cut_and_joined(std::uint64_t again) {
  CapacityBook book;
  EXPECT_FALSE(book.filled(1000, 0, 90));
  for (const std::size_t smaller : {8U, 24U, 100U}) EXPECT_FALSE(book.filled(smaller, 0, 500));
  book.given(8, 0);
  EXPECT_FALSE(book.filled(1000, 0, again));
  return book;
}

/// What is said when other blocks come between fills of these numbers of blocks.
[[nodiscard]] bool complains(CapacityBook book, std::initializer_list<std::uint64_t> fills) {
  bool said = false;
  for (const std::uint64_t blocks : fills) {
    book.given(8, 0);
    said = book.filled(1000, 0, blocks).has_value();
  }
  return said;
}

TEST(Capacity, ThatGetsLessAgainAndAgainIsAComplaintWherePiecesAreJoined) {
  EXPECT_TRUE(complains(cut_and_joined(90), {89, 88, 87}));
  EXPECT_FALSE(complains(cut_and_joined(90), {89, 88})) << "what it may keep for itself";
  EXPECT_FALSE(complains(cut_and_joined(90), {88, 88, 88, 88}));
  EXPECT_FALSE(complains(cut_and_joined(90), {89, 88, 88, 87})) << "it came to rest between";
  EXPECT_FALSE(complains(cut_and_joined(89), {88, 87, 86, 85})) << "it does not join all that it cut";
  EXPECT_FALSE(complains(CapacityBook(), {90, 89, 88, 87, 86})) << "nobody has seen it join anything";
}

/// The largest block, and one of the rest.
constexpr CoalescedRoom::Kind whole{.bytes = 1000};
constexpr CoalescedRoom::Kind small{.bytes = 8};

TEST(CoalescedRoom, ForTheLargestBlockThatIsGoneIsAComplaint) {
  CoalescedRoom room;
  EXPECT_FALSE(room.filled(whole, 1, false));
  EXPECT_FALSE(room.filled(small, 40, true));
  const auto complaint = room.filled(whole, 0, true);
  ASSERT_TRUE(complaint);
  EXPECT_EQ(complaint->oracle, "contract.capacity.largest");
  EXPECT_EQ(complaint->expected, "room for 1 such block, as before: it coalesces, and none is live");
  EXPECT_EQ(complaint->found, "room for 0");
}

TEST(CoalescedRoom, ForFewerBlocksIsAComplaintWhateverCameBetween) {
  CoalescedRoom room;
  EXPECT_FALSE(room.filled(small, 40, true));
  EXPECT_FALSE(room.filled(whole, 1, false));
  EXPECT_FALSE(room.filled(small, 41, true));
  EXPECT_TRUE(room.filled(small, 40, true));
}

TEST(CoalescedRoom, IsNotDoubtedWhereNoMoreBlocksWereAskedFor) {
  CoalescedRoom room;
  EXPECT_FALSE(room.filled(small, 40, true));
  EXPECT_FALSE(room.filled(small, 3, false));
}

TEST(CoalescedRoom, OfEachKindIsItsOwn) {
  CoalescedRoom room;
  EXPECT_FALSE(room.filled(small, 40, true));
  EXPECT_FALSE(room.filled({.bytes = 8, .alignment = 64}, 10, true));
  EXPECT_FALSE(room.filled({.function = Function::valloc, .bytes = 8}, 2, true));
  room.forget();
  EXPECT_FALSE(room.filled(small, 39, true));
}

}  // namespace
}  // namespace poolhammer
