#include "harness/trace/machine.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

using enum OperationKind;

constexpr std::uint64_t of_64_bits = ~std::uint64_t{0};
constexpr std::uint64_t of_32_bits = 0xFFFF'FFFF;

TEST(NumberOnMachine, IsItselfOn64Bits) {
  for (const std::uint64_t number :
       {std::uint64_t{0}, of_32_bits, of_32_bits + 1, of_64_bits / 2, of_64_bits / 2 + 5, of_64_bits})
    EXPECT_EQ(number_on_machine(number, of_64_bits), number);
}

TEST(NumberOnMachine, IsItselfWhereTheMachineHasIt) {
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{4096}, of_32_bits / 2 + 1, of_32_bits})
    EXPECT_EQ(number_on_machine(number, of_32_bits), number);
}

TEST(NumberOnMachine, IsAsFarFromTheMachinesSizeMax) {
  EXPECT_EQ(number_on_machine(of_64_bits, of_32_bits), of_32_bits);
  EXPECT_EQ(number_on_machine(of_64_bits - 7, of_32_bits), of_32_bits - 7);
  EXPECT_EQ(number_on_machine(of_64_bits - named_within + 1, of_32_bits), of_32_bits - named_within + 1);
}

TEST(NumberOnMachine, IsAsFarFromTheMachinesPtrdiffMax) {
  constexpr std::uint64_t named = of_64_bits / 2;
  constexpr std::uint64_t machines = of_32_bits / 2;
  EXPECT_EQ(number_on_machine(named, of_32_bits), machines);
  EXPECT_EQ(number_on_machine(named + 1, of_32_bits), machines + 1);
  EXPECT_EQ(number_on_machine(named + named_within - 1, of_32_bits), machines + named_within - 1);
  EXPECT_EQ(number_on_machine(named - named_within + 1, of_32_bits), machines - named_within + 1);
}

TEST(NumberOnMachine, IsNeverCut) {
  for (const std::uint64_t number : {of_32_bits + 1, (of_32_bits + 1) + 24, of_64_bits / 2 - named_within,
                                     of_64_bits / 2 + named_within, of_64_bits - named_within})
    EXPECT_EQ(number_on_machine(number, of_32_bits), std::nullopt) << number;
}

TEST(RequestOnMachine, IsTheStepItselfOn64Bits) {
  const Operation overflowing{calloc, 3, of_32_bits + 1, of_32_bits + 9};
  EXPECT_EQ(request_on_machine(overflowing, of_64_bits), overflowing);
}

TEST(RequestOnMachine, IsPassedOverWhereTheMachineHasNotItsNumbers) {
  EXPECT_EQ(request_on_machine({malloc, 0, 0, of_32_bits + 17}, of_32_bits), std::nullopt);
  EXPECT_EQ(request_on_machine({calloc, 0, of_32_bits + 2, 1}, of_32_bits), std::nullopt);
  EXPECT_EQ(request_on_machine({memalign, 0, 0, 8, of_32_bits + 1}, of_32_bits), std::nullopt);
}

TEST(RequestOnMachine, HasTheMachinesLargestSizes) {
  EXPECT_EQ(request_on_machine({malloc, 2, 0, of_64_bits - 3}, of_32_bits),
            (Operation{malloc, 2, 0, of_32_bits - 3}));
  EXPECT_EQ(request_on_machine({calloc, 2, 1, of_64_bits / 2 + 1}, of_32_bits),
            (Operation{calloc, 2, 1, of_32_bits / 2 + 1}));
}

TEST(RequestOnMachine, LeavesAProductThatOnlyTheMachineCannotHold) {
  const Operation request{calloc, 0, 65536, 65537};
  EXPECT_EQ(request_on_machine(request, of_32_bits), request);
}

// Without a guard each product comes out as few bytes, on either machine.
TEST(RequestOnMachine, OverflowsTheMachineWhereItOverflows64Bits) {
  constexpr std::uint64_t quarter = std::uint64_t{1} << 62U;
  EXPECT_EQ(request_on_machine({calloc, 0, quarter, 4}, of_32_bits),
            (Operation{calloc, 0, std::uint64_t{1} << 30U, 4}));
  EXPECT_EQ(request_on_machine({calloc, 0, 4, quarter + 6}, of_32_bits),
            (Operation{calloc, 0, 4, (std::uint64_t{1} << 30U) + 6}));
  EXPECT_EQ(request_on_machine({reallocarray, 0, 10, of_64_bits / 10 + 1}, of_32_bits),
            (Operation{reallocarray, 0, 10, of_32_bits / 10 + 1}));
}

TEST(RequestOnMachine, KeepsEveryProductOverTheMachinesSizes) {
  constexpr std::uint64_t wide = of_32_bits + 1;
  for (const auto& [count, size] :
       {std::pair{wide, wide}, {of_64_bits, of_64_bits}, {of_64_bits, 2}, {wide + 8, wide}})
    for (const Operation& operation :
         {Operation{calloc, 0, count, size}, Operation{calloc, 0, size, count}}) {
      const auto request = request_on_machine(operation, of_32_bits);
      ASSERT_TRUE(request);
      EXPECT_LE(request->count, of_32_bits);
      EXPECT_LE(request->size, of_32_bits);
      EXPECT_GT(*request->bytes(), of_32_bits);
    }
}

}  // namespace
}  // namespace poolhammer
