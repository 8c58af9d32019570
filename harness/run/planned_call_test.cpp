#include "harness/run/planned_call.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using enum OperationKind;

constexpr MemoryBudget plenty{std::uint64_t{1} << 40U, 0};

[[nodiscard]] bool all(OperationKind /*function*/) {
  return true;
}
[[nodiscard]] bool plain(OperationKind function) {
  return function == malloc || function == calloc || function == realloc || function == OperationKind::free;
}

std::byte some_block{};
[[nodiscard]] OwnedBlock held(OperationKind origin, std::size_t size = 24, std::size_t alignment = 1) {
  return {&some_block, size, alignment, origin};
}

TEST(PlannedCall, IsTheStepsOwnWhereTheAllocatorHasTheFunction) {
  const auto plan = planned_call({aligned_alloc, 0, 0, 640, 64}, {}, plenty, all);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->call.function, aligned_alloc);
  EXPECT_EQ(plan->call.size, 640U);
  EXPECT_EQ(plan->call.alignment, 64U);
  EXPECT_EQ(plan->total, 640U);
}

TEST(PlannedCall, IsAPlainerOneWhereItLacksTheFunction) {
  const auto aligned = planned_call({posix_memalign, 0, 0, 640, 64}, {}, plenty, plain);
  ASSERT_TRUE(aligned);
  EXPECT_EQ(aligned->call.function, malloc);
  EXPECT_EQ(aligned->call.alignment, 0U) << "malloc owes no alignment that was not asked of it";
  const auto array = planned_call({reallocarray, 0, 3, 40}, held(malloc), plenty, plain);
  ASSERT_TRUE(array);
  EXPECT_EQ(array->call.function, realloc);
  EXPECT_EQ(array->call.size, 120U);
  EXPECT_FALSE(planned_call({malloc_usable_size}, held(malloc), plenty, plain));
}

TEST(PlannedCall, AsksTheUsableSizeOfBlocksOfMallocAndItsKinAlone) {
  EXPECT_TRUE(planned_call({malloc_usable_size}, held(aligned_alloc), plenty, all));
  EXPECT_TRUE(planned_call({malloc_usable_size}, {}, plenty, all)) << "of a null pointer it is 0";
  EXPECT_FALSE(planned_call({malloc_usable_size}, held(op_new), plenty, all));
}

TEST(PlannedCall, IsNoneWhereTheAllocatorHasNothingThatCouldDoIt) {
  const auto frees_alone = [](OperationKind kind) { return kind == OperationKind::free; };
  EXPECT_FALSE(planned_call({calloc, 0, 1, 8}, {}, plenty, frees_alone));
}

TEST(PlannedCall, FreesABlockByAFunctionThatItsOriginPermits) {
  const auto freed_by = [](OperationKind named, const OwnedBlock& slot) {
    return planned_call({named}, slot, plenty, all)->call.function;
  };
  EXPECT_EQ(freed_by(OperationKind::free, held(op_new)), op_delete);
  EXPECT_EQ(freed_by(op_delete, held(malloc)), OperationKind::free);
  EXPECT_EQ(freed_by(op_delete, held(op_new_array)), op_delete_array);
  EXPECT_EQ(freed_by(op_delete_sized, held(op_new_nothrow)), op_delete_sized);
  EXPECT_EQ(freed_by(op_delete, held(op_new_aligned, 640, 64)), op_delete_aligned);
  EXPECT_EQ(freed_by(free_sized, held(posix_memalign, 640, 64)), OperationKind::free);
  EXPECT_EQ(freed_by(free_aligned_sized, held(aligned_alloc, 640, 64)), free_aligned_sized);
}

TEST(PlannedCall, TellsAFreeTheSizeAndAlignmentThatWereAskedFor) {
  const auto plan = planned_call({op_delete_sized_aligned}, held(op_new_aligned, 640, 64), plenty, all);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->call.size, 640U);
  EXPECT_EQ(plan->call.alignment, 64U);
}

TEST(PlannedCall, TellsAFreeTheVeryAlignmentAlsoWhereItIsTheLeast) {
  const auto plan = planned_call({op_delete_sized_aligned}, held(op_new_aligned, 640, 1), plenty, all);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->call.alignment, 1U);
  EXPECT_EQ(freeing_of({.function = op_new_aligned, .size = 8, .alignment = 2}).alignment, 2U);
}

TEST(PlannedCall, TellsNoFreeTheSizeOfABlockThatWasResizedToNone) {
  // 1 byte was asked for in its place, or 0: the allocator's choice.
  const auto plan = planned_call({free_sized}, held(realloc, 0), plenty, all);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->call.function, OperationKind::free);
  EXPECT_EQ(planned_call({free_sized}, held(malloc, 0), plenty, all)->call.function, free_sized);
}

TEST(PlannedCall, IsNoneWhereTheStandardsLeaveItOpen) {
  EXPECT_FALSE(planned_call({realloc, 0, 0, 8}, held(op_new), plenty, all)) << "a block of operator new";
  EXPECT_FALSE(planned_call({op_new_aligned, 0, 0, 8, 24}, {}, plenty, all)) << "no power of two";
  EXPECT_FALSE(planned_call({memalign, 0, 0, 8, 24}, {}, plenty, all));
  EXPECT_TRUE(planned_call({posix_memalign, 0, 0, 8, 24}, {}, plenty, all)) << "which must refuse it";
}

TEST(PlannedCall, IsNoneForALiveSlotAndAboveTheMemoryLimit) {
  EXPECT_FALSE(planned_call({malloc, 0, 0, 8}, held(malloc), plenty, all));
  EXPECT_FALSE(planned_call({malloc, 0, 0, 101}, {}, {100, 0}, all));
  EXPECT_FALSE(planned_call({malloc, 0, 0, 51}, {}, {100, 50}, all));
  EXPECT_TRUE(planned_call({malloc, 0, 0, 50}, {}, {100, 50}, all));
  EXPECT_TRUE(planned_call({malloc, 0, 0, ~std::uint64_t{0}}, {}, {100, 50}, all))
      << "which nobody may grant";
  const auto overflow =
      planned_call({calloc, 0, std::uint64_t{1} << 33U, std::uint64_t{1} << 33U}, {}, {100, 50}, all);
  ASSERT_TRUE(overflow);
  EXPECT_EQ(overflow->total, ~std::size_t{0});
}

TEST(PlannedCall, CountsWhatIsTouchedWhereOnlyThatTakesMemory) {
  constexpr std::uint64_t gibibytes = std::uint64_t{6} << 30U;
  const MemoryBudget little{2 * wholly_touched, 0, true};
  EXPECT_TRUE(planned_call({malloc, 0, 0, gibibytes}, {}, little, all));
  EXPECT_FALSE(planned_call({malloc, 0, 0, gibibytes}, {}, {2 * wholly_touched, 0}, all));
  EXPECT_FALSE(planned_call({calloc, 0, 1, gibibytes}, {}, little, all)) << "who zeroes it, touches it";
  EXPECT_TRUE(planned_call({realloc, 0, 0, gibibytes}, held(malloc, 100), little, all));
  EXPECT_TRUE(planned_call({realloc, 0, 0, 100}, held(malloc, gibibytes), little, all));
  EXPECT_FALSE(planned_call({realloc, 0, 0, 2 * gibibytes}, held(malloc, gibibytes), little, all))
      << "who moves it, copies it";
}

TEST(PlannedCall, AsksForBlocksThatTakeNoMemoryWhateverTheLimit) {
  constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30U;
  const MemoryBudget little{.limit = 100, .live_bytes = 90, .reserved_from = 2 * gibibyte};
  EXPECT_TRUE(planned_call({malloc, 0, 0, 2 * gibibyte}, {}, little, all));
  EXPECT_TRUE(planned_call({calloc, 0, 2 * gibibyte, 3}, {}, little, all));
  EXPECT_FALSE(planned_call({malloc, 0, 0, 2 * gibibyte - 1}, {}, little, all));
  EXPECT_TRUE(planned_call({realloc, 0, 0, 2 * gibibyte}, held(malloc, 100), little, all));
  EXPECT_TRUE(planned_call({realloc, 0, 0, 3 * gibibyte}, held(malloc, 2 * gibibyte), little, all));
  EXPECT_FALSE(planned_call({realloc, 0, 0, 2 * gibibyte}, held(malloc, 101), little, all))
      << "who moves it, copies it";
}

TEST(PlannedCall, DropsABlockThatNothingMayFree) {
  const auto only_new = [](OperationKind function) { return function == op_new || plain(function); };
  const auto made = planned_call({op_new, 0, 0, 8}, {}, plenty, only_new);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->call.function, malloc) << "what cannot be freed is not asked for";
}

}  // namespace
}  // namespace poolhammer
