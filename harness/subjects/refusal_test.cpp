#include "harness/subjects/refusal.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace poolhammer {
namespace {

using pymalloc::Call;
using pymalloc::JournalEntry;

constexpr std::size_t asked = 40;

/// Whether NULL for `asked` bytes is due after these calls.
[[nodiscard]] bool justified(const std::vector<JournalEntry>& calls, std::size_t size = asked) {
  return last_refusal_is_of(calls, size);
}

TEST(ANullAnswer, IsDueWhereTheRawAllocatorRefusedTheRequestItself) {
  EXPECT_TRUE(justified({{Call::raw_malloc, 0, asked, 0}}));
  EXPECT_TRUE(justified({{Call::raw_calloc, 0, asked, 0}}));
  EXPECT_TRUE(justified({{Call::raw_realloc, 0x900, asked, 0}}));
  EXPECT_TRUE(justified({{Call::arena_request, 0, 1024, 0}, {Call::raw_malloc, 0, asked, 0}}));
  EXPECT_TRUE(justified({{Call::raw_malloc, 0, 1, 0}}, 0));
}

TEST(ANullAnswer, IsNotDueWhereSomethingElseWasRefused) {
  EXPECT_FALSE(justified({{Call::arena_request, 0, 1024, 0}}));
  EXPECT_FALSE(justified({{Call::raw_realloc, 0, 112, 0}})) << "the table of arena objects";
  EXPECT_FALSE(justified({{Call::raw_calloc, 0, 4096, 0}})) << "a radix node";
  EXPECT_FALSE(justified({{Call::raw_malloc, 0, asked, 0}, {Call::raw_free, 0x900, 0, 0}}));
}

TEST(ANullAnswer, IsNotDueWhereTheRequestWasServedInTheEnd) {
  EXPECT_FALSE(justified({{Call::raw_malloc, 0, asked, 0}, {Call::raw_malloc, 0, asked, 0x900}}));
  EXPECT_FALSE(justified({{Call::raw_realloc, 0, 112, 0}, {Call::arena_request, 0, 1024, 0x900}}));
}

TEST(ANullAnswer, IsBelievedWhereNoCallWasNoted) {
  EXPECT_TRUE(justified({}));
}

}  // namespace
}  // namespace poolhammer
