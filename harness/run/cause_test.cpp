#include "harness/run/cause.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

[[nodiscard]] Finding finding(std::string oracle, std::string expected, std::string found) {
  return {std::move(oracle), 3, "free(b0)", "arena 0, pool 1", std::move(expected), std::move(found)};
}

TEST(Cause, IsTheSameWhateverTheProgram) {
  Finding other = finding("invariant.pool.ref-count", "5", "7");
  other.operation_index = 99;
  other.operation = "b4 = malloc(8)";
  other.where.clear();
  EXPECT_EQ(cause_of(finding("invariant.pool.ref-count", "2", "3")), cause_of(other));
  EXPECT_NE(cause_of(other), cause_of(finding("invariant.pool.state", "5", "7")));
}

TEST(Cause, TellsApartTheMembersThatTheModelCompares) {
  const Cause count = cause_of(finding("model.pool", "ref.count = 3", "4"));
  EXPECT_EQ(to_string(count), "model.pool (ref.count)");
  EXPECT_EQ(count, cause_of(finding("model.pool", "ref.count = 11", "0")));
  EXPECT_NE(count, cause_of(finding("model.pool", "nextoffset = 3", "4")));
  EXPECT_EQ(cause_of(finding("model.pool", "behind free block 3: none", "x")),
            cause_of(finding("model.pool", "behind free block 17: arena 0, pool 1", "x")));
}

TEST(Cause, TakesTheEndsOfAListForThatList) {
  EXPECT_EQ(cause_of(finding("model.lists", "the next pool of its list: arena 0, pool 1", "none")),
            cause_of(finding("model.lists", "the first pool of the used list: none", "x")));
  EXPECT_NE(cause_of(finding("model.lists", "the first of freepools: 0x10", "none")),
            cause_of(finding("model.lists", "nfp2lasta[3]: arena 1", "none")));
}

TEST(Cause, TellsApartTheAllocatorsOwnOperations) {
  const Cause trim =
      cause_of(finding("invariant.own-operation", "trim to complain about nothing", "3 pages"));
  EXPECT_EQ(to_string(trim), "invariant.own-operation (trim)");
  EXPECT_EQ(trim, cause_of(finding("invariant.own-operation", "trim to complain about nothing", "4 pages")));
  EXPECT_NE(trim, cause_of(finding("invariant.own-operation", "purge to complain about nothing", "3 pages")));
}

TEST(Cause, OfADeathIsTheWayToDieButNotTheFunction) {
  const Cause segmentation = cause_of(finding("crash", "", "the process died by signal 11, in free"));
  EXPECT_EQ(segmentation, cause_of(finding("crash", "", "the process died by signal 11, in realloc")));
  EXPECT_NE(segmentation, cause_of(finding("crash", "", "the process died by signal 6, in free")));
  EXPECT_EQ(
      cause_of(finding("crash", "", "the process died by signal 6, in free; it wrote: bad block 0x77f1")),
      cause_of(finding("crash", "", "the process died by signal 6, in free; it wrote: bad block 0x1234")));
}

}  // namespace
}  // namespace poolhammer
