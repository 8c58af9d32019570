#include "harness/trace/with_its_end.hpp"

#include <gtest/gtest.h>

#include "harness/trace/text.hpp"

namespace poolhammer {
namespace {

[[nodiscard]] std::string ended(std::string_view statements) {
  const Trace trace = parse_text("poolhammer trace 2\n" + std::string(statements));
  return to_text(with_its_end(trace)).substr(to_text(trace).size());
}

TEST(WithItsEnd, FreesWhatTheSlotsMayHoldAndEndsTheThreads) {
  EXPECT_EQ(ended("b3 = malloc(1)\nthread 2: b1 = calloc(1, 1)\nfree(b3)\n"),
            "free(b1)\nfree(b3)\nthread 2: end_thread()\n");
}

TEST(WithItsEnd, TakesBackWhatWasDoneToTheProcess) {
  EXPECT_EQ(ended("limit_memory(5)\nexhaust(malloc, 3, 100, 0)\n"), "limit_memory(SIZE_MAX)\nrelease()\n");
  EXPECT_EQ(ended("fork()\n"), "child_ends()\n");
}

TEST(WithItsEnd, OfAProgramThatTakesNothingIsNothing) {
  EXPECT_EQ(ended("check()\n"), "");
}

}  // namespace
}  // namespace poolhammer
