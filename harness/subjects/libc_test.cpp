#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "harness/subjects/subject.hpp"

// Read by AddressSanitizer before main: a request over its limit is answered with NULL, as every allocator
// answers it.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

namespace poolhammer {
namespace {

TEST(Libc, GivesABlockForNoBytesAndForAReallocToNone) {
  const auto libc = make_subject("libc");
  void* block = libc->malloc(0);
  EXPECT_NE(block, nullptr);
  block = libc->realloc(block, 0);
  EXPECT_NE(block, nullptr);
  libc->free(block);
  libc->free(nullptr);
}

TEST(Libc, TellsHowMuchOfABlockIsItsOwners) {
  const auto libc = make_subject("libc");
  void* const block = libc->calloc(3, 5);
  ASSERT_NE(block, nullptr);
  EXPECT_GE(libc->block_size(block), 15U);
  libc->free(block);
}

TEST(Libc, OwesTheAlignmentOfTheLargestObjectThatFits) {
  const auto libc = make_subject("libc");
  EXPECT_EQ(libc->owed_alignment(0), 1U);
  EXPECT_EQ(libc->owed_alignment(1), 1U);
  EXPECT_EQ(libc->owed_alignment(3), 2U);
  EXPECT_EQ(libc->owed_alignment(8), 8U);
  EXPECT_EQ(libc->owed_alignment(15), 8U);
  EXPECT_EQ(libc->owed_alignment(16), alignof(std::max_align_t));
  EXPECT_EQ(libc->owed_alignment(4096), alignof(std::max_align_t));
}

TEST(Libc, RefusesWhatNobodyMayGrant) {
  const auto libc = make_subject("libc");
  EXPECT_EQ(libc->malloc(std::numeric_limits<std::size_t>::max()), nullptr);
  EXPECT_EQ(libc->calloc(std::numeric_limits<std::size_t>::max(), 2), nullptr);
  EXPECT_TRUE(libc->refusal_justified());
}

}  // namespace
}  // namespace poolhammer
