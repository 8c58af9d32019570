#include "harness/trace/restrict.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "harness/trace/breadth.hpp"
#include "harness/trace/generate.hpp"
#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] std::string restricted(const std::string& steps, const Restriction& restriction) {
  Trace trace = parse_text("poolhammer trace 2\nlayout tiny\n" + steps);
  restrict_to(trace, restriction);
  std::string text;
  for (const Operation& operation : trace.operations) text += to_text(operation) + "\n";
  return text;
}

TEST(Restriction, ThatLeavesOutNothingChangesNothing) {
  const std::string steps = "b0 = malloc(24)\nb0 = realloc(b0, 18446744073709551615)\nfree(b0)\n";
  EXPECT_EQ(restricted(steps, {}), "b0 = malloc(24)\nb0 = realloc(b0, SIZE_MAX)\nfree(b0)\n");
}

TEST(Restriction, LeavesOutAFunctionOrTakesAPlainerOne) {
  EXPECT_EQ(restricted("b0 = calloc(3, 8)\nb0 = realloc(b0, 9)\nfree(b0)\n",
                       {.without = {OperationKind::realloc, OperationKind::calloc}}),
            "b0 = malloc(24)\nfree(b0)\n");
  EXPECT_EQ(restricted("b0 = malloc(24)\nb1 = aligned_alloc(64, 640)\n",
                       {.without = {OperationKind::malloc, OperationKind::aligned_alloc}}),
            "b0 = calloc(1, 24)\nb1 = calloc(1, 640)\n");
}

TEST(Restriction, KeepsSizesBetweenBoth) {
  EXPECT_EQ(restricted("b0 = malloc(24)\nb1 = malloc(4096)\nb2 = malloc(4097)\nb3 = calloc(4, 4096)\n"
                       "b4 = calloc(2, 9223372036854775808)\nb5 = malloc(0)\n",
                       {.without = {}, .smallest = 1, .largest = 4096}),
            "b0 = malloc(24)\nb1 = malloc(4096)\nb2 = malloc(2)\nb3 = calloc(1, 1)\nb4 = calloc(1, 4096)\n"
            "b5 = malloc(1)\n");
}

TEST(Restriction, HoldsOfEveryGeneratedProgram) {
  const Restriction restriction{
      .without = {OperationKind::realloc, OperationKind::memalign}, .smallest = 8, .largest = 1000};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Trace trace = generate(seed, {.operations = 300, .breadth = full_breadth()});
    restrict_to(trace, restriction);
    for (const Operation& operation : trace.operations) {
      EXPECT_NE(operation.kind, OperationKind::realloc);
      EXPECT_NE(operation.kind, OperationKind::memalign);
      if (!allocates(operation.kind)) continue;
      ASSERT_TRUE(operation.bytes()) << to_text(operation) << ", seed " << seed;
      EXPECT_GE(*operation.bytes(), 8U) << to_text(operation) << ", seed " << seed;
      EXPECT_LE(*operation.bytes(), 1000U) << to_text(operation) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace poolhammer
