#include "harness/trace/own_operation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <vector>

#include "harness/testing/trace_of.hpp"
#include "harness/trace/lifetimes.hpp"
#include "harness/trace/own_programs.hpp"
#include "harness/trace/restrict.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

using testing::ElementsAre;
using enum ParameterKind;
using enum ParameterRole;

constexpr std::uint64_t all_ones = std::numeric_limits<std::uint64_t>::max();

/// trim(n), mode(word), poke(block), b = give(size, alignment), b = resize(block, size), drop(block), clear()
const std::vector<OwnOperation> declarations = {
    {"trim", {{number, none, 16, 1000}}},
    {"mode", {{choice, none, 0, 1, {"lazy", "eager"}}}},
    {"poke", {{block}}},
    {"give", {{magnitude, size, 1, 512}, {power_of_two, alignment, 16, 4096}}, OwnEffect::gives},
    {"resize", {{block}, {block_size}, {magnitude, size, 1, 512}}, OwnEffect::resizes},
    {"drop", {{block}}, OwnEffect::frees},
    {"clear", {}, OwnEffect::frees_all}};

[[nodiscard]] std::uint64_t taken(const OwnParameter& parameter, std::uint64_t found) {
  return parameter.value(parameter.index_of(found));
}

TEST(OwnParameter, KeepsWhatLiesInItsRangeAndTakesTheRestIntoIt) {
  const OwnParameter numbers{number, none, 10, 19};
  EXPECT_EQ(taken(numbers, 10), 10U);
  EXPECT_EQ(taken(numbers, 19), 19U);
  EXPECT_EQ(taken(numbers, 0), 10U) << "0 is the simplest value of every range";
  EXPECT_EQ(taken(numbers, 20), 10U);
  EXPECT_EQ(taken(numbers, 27), 17U);
  const OwnParameter powers{power_of_two, none, 16, 4096};
  EXPECT_EQ(powers.last_index(), 8U);
  EXPECT_EQ(taken(powers, 4096), 4096U);
  EXPECT_EQ(taken(powers, 8192), 16U << (8192U % 9));
  EXPECT_EQ(taken(powers, 0), 16U);
  const OwnParameter words{choice, none, 0, 1, {"lazy", "eager"}};
  EXPECT_EQ(taken(words, 1), 1U);
  EXPECT_EQ(taken(words, 5), 1U);
  const OwnParameter all{number, none, 0, all_ones};
  EXPECT_EQ(taken(all, all_ones), all_ones);
  const OwnParameter one{number, none, all_ones, all_ones};
  EXPECT_EQ(taken(one, 3), all_ones);
}

TEST(OwnParameter, DrawsAllOfItsRangeAndNothingElse) {
  Random random(1);
  const std::vector<OwnParameter> parameters = {{number, none, 3, 7},
                                                {magnitude, none, 3, 7},
                                                {power_of_two, none, 8, 128},
                                                {choice, none, 0, 4, {"a", "b", "c", "d", "e"}}};
  for (const OwnParameter& parameter : parameters) {
    std::set<std::uint64_t> drawn;
    for (int i = 0; i < 1000; ++i) drawn.insert(parameter.draw(random));
    EXPECT_EQ(drawn.size(), 5U);
    for (const std::uint64_t value : drawn) EXPECT_EQ(taken(parameter, value), value);
  }
  const OwnParameter all{magnitude, none, 0, all_ones};
  bool drew_small = false;
  for (int i = 0; i < 1000; ++i) drew_small |= all.draw(random) - 1 < 100;
  EXPECT_TRUE(drew_small) << "of a wide range small numbers are as likely as large ones";
}

TEST(OwnOperation, IsNamedWhereItIsKnown) {
  EXPECT_EQ(
      to_text(trace_of("own(0, 500, 0, 0)\nown(0, 3, 9, 9)\nown(1, 1, 0, 0)\nown_block(3, b2, 64, 128, 0)\n"
                       "own_block(4, b2, 80, 0, 0)\nown(9, 1, 2, 3)\nown(2, 0, 0, 0)\nfree(b2)\n"),
              declarations),
      "poolhammer trace 2\nlayout classic\n"
      "own(0, 500, 0, 0)  # trim(500)\n"
      "own(0, 3, 9, 9)  # trim(19)\n"
      "own(1, 1, 0, 0)  # mode(eager)\n"
      "own_block(3, b2, 64, 128, 0)  # b2 = give(64, 128)\n"
      "own_block(4, b2, 80, 0, 0)  # b2 = resize(b2, size of b2, 80)\n"
      "own(9, 1, 2, 3)\n"
      "own(2, 0, 0, 0)\n"
      "free(b2)\n");
  EXPECT_EQ(to_text(Operation{.kind = OperationKind::own, .count = 20}, declarations), "trim(20)");
  EXPECT_EQ(to_text(Operation{.kind = OperationKind::own, .count = 20}), "own(0, 20, 0, 0)");
}

TEST(OwnOperation, InRangeHasTheNumbersThatArePerformedAndNoOthers) {
  const Operation found{.kind = OperationKind::own, .count = 3, .size = 9, .alignment = 9};
  EXPECT_EQ(in_range(found, declarations), (Operation{.kind = OperationKind::own, .count = 19}));
  EXPECT_EQ(in_range(found, {}), found);
}

TEST(OwnOperation, TheBlockOfAStepIsOfTheOneThatGaveOrResizedIt) {
  const Trace trace = trace_of(
      "own_block(3, b0, 8, 16, 0)\nown_block(2, b0, 0, 0, 0)\nfree(b0)\n"
      "b0 = malloc(9)\nown_block(4, b0, 5, 0, 0)\nfree(b0)\n"
      "b0 = malloc(9)\nown(6, 0, 0, 0)\nfree(b0)\n");
  const auto giver = [&trace](std::size_t index) { return giver_of(trace.operations, index, declarations); };
  EXPECT_EQ(giver(2), 0U);
  EXPECT_EQ(giver(5), 4U);
  EXPECT_EQ(giver(8), std::nullopt);
}

TEST(OwnOperation, OneThatMayGiveABlockAndItsFreeBelongTogether) {
  const Lifetimes lifetimes =
      lifetimes_of(trace_of("own_block(3, b0, 8, 16, 0)\nb1 = malloc(1)\nfree(b0)\nfree(b1)\n").operations);
  EXPECT_THAT(lifetimes.of, ElementsAre(0, 1, 0, 1));
}

TEST(Restriction, LeavesOutAnOperationByItsName) {
  Trace trace = trace_of("own(0, 16, 0, 0)\nb0 = malloc(1)\nown(6, 0, 0, 0)\nown(9, 0, 0, 0)\n");
  restrict_to(trace, {.without = {}, .without_own = {"trim"}}, declarations);
  EXPECT_EQ(trace, trace_of("b0 = malloc(1)\nown(6, 0, 0, 0)\nown(9, 0, 0, 0)\n"));
}

[[nodiscard]] Trace plain_program(std::uint32_t blocks) {
  Trace trace;
  for (std::uint32_t slot = 0; slot < blocks; ++slot)
    trace.operations.push_back({OperationKind::malloc, slot, 0, 8});
  for (std::uint32_t slot = 0; slot < blocks; ++slot) trace.operations.push_back({OperationKind::free, slot});
  return trace;
}

TEST(OwnPrograms, HaveEveryOperationWithNumbersInTheirRanges) {
  std::set<std::uint8_t> seen;
  std::size_t programs_without = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    Trace trace = plain_program(50);
    add_own_operations(trace, declarations, random, 120);
    EXPECT_LE(trace.operations.size(), 120U);
    std::size_t operations = 0;
    for (const Operation& operation : trace.operations) {
      if (!operation.has_own()) continue;
      ++operations;
      seen.insert(operation.own);
      EXPECT_NE(declared(operation, declarations), nullptr);
      EXPECT_EQ(in_range(operation, declarations), operation);
    }
    if (operations == 0) ++programs_without;
  }
  EXPECT_EQ(seen.size(), declarations.size());
  EXPECT_LT(programs_without, 50U);
}

TEST(OwnPrograms, ActOnBlocksThatAreLive) {
  std::size_t on_blocks = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    Trace trace = plain_program(20);
    add_own_operations(trace, declarations, random, 1000);
    for (std::size_t i = 0; i < trace.operations.size(); ++i) {
      const Operation& operation = trace.operations[i];
      if (operation.kind != OperationKind::own_block ||
          declarations[operation.own].effect == OwnEffect::gives)
        continue;
      ++on_blocks;
      EXPECT_TRUE(giver_of(trace.operations, i, declarations)) << to_text(trace, declarations) << i;
    }
  }
  EXPECT_GT(on_blocks, 100U);
}

TEST(OwnPrograms, AreAFunctionOfTheirSeed) {
  const auto program = [](std::uint64_t seed) {
    Random random(seed);
    Trace trace = plain_program(50);
    add_own_operations(trace, declarations, random, 1000);
    return trace;
  };
  EXPECT_EQ(program(3), program(3));
  EXPECT_NE(program(3), program(4));
}

TEST(OwnPrograms, AMutationBringsEveryOperationInAndOthersNumbers) {
  std::set<std::uint8_t> seen;
  std::set<std::uint64_t> numbers;
  Random random(5);
  for (int i = 0; i < 300; ++i) {
    Trace trace = plain_program(5);
    add_own_a_little(trace, declarations, random, 100);
    ASSERT_EQ(trace.operations.size(), 11U);
    for (const Operation& operation : trace.operations) {
      if (operation.has_own()) seen.insert(operation.own);
    }
    Trace alone = trace_of("own(0, 16, 0, 0)\n");
    add_own_a_little(alone, declarations, random, 1);
    ASSERT_EQ(alone.operations.size(), 1U);
    numbers.insert(alone.operations.front().count);
  }
  EXPECT_EQ(seen.size(), declarations.size());
  EXPECT_GT(numbers.size(), 10U);
}

}  // namespace
}  // namespace poolhammer
