#include "harness/subjects/call.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using enum OperationKind;

/// What a block of 24 bytes, or of another size, is owed by its size, where one of malloc is owed 16.
[[nodiscard]] std::size_t owed(OperationKind function, std::size_t size = 24) {
  return owed_by_size({.function = function, .size = size, .alignment = 8}, size, 16);
}

TEST(OwedAlignment, BySizeIsThatOfEveryFundamentalTypeForTheFunctionsOfIsoC) {
  for (const OperationKind function : {malloc, calloc, realloc, reallocarray, aligned_alloc})
    EXPECT_EQ(owed(function), 16U) << word(function);
}

TEST(OwedAlignment, BySizeIsNoneWhereTheCallNamesAllThatIsPromised) {
  for (const OperationKind function :
       {posix_memalign, memalign, valloc, pvalloc, op_new_aligned, op_new_array_aligned})
    EXPECT_EQ(owed(function), 1U) << word(function);
}

TEST(OwedAlignment, OfPlainNewIsThatOfAnObjectOfJustThatSize) {
  EXPECT_EQ(owed(op_new, 17), 1U);
  EXPECT_EQ(owed(op_new, 24), 8U);
  EXPECT_EQ(owed(op_new, 32), 16U);
  EXPECT_EQ(owed(op_new, 0), 1U);
  EXPECT_EQ(owed(op_new_array, 17), 16U);
}

}  // namespace
}  // namespace poolhammer
