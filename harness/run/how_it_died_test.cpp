#include "harness/run/how_it_died.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace poolhammer {
namespace {

TEST(HowItDied, IsTheErrorAndTheAccessOfAddressSanitizer) {
  EXPECT_EQ(
      how_it_died(1 << 8,
                  "=====\n==7==ERROR: AddressSanitizer: use-after-poison on address 0x2000 at pc 0x5 bp 0x6\n"
                  "READ of size 8 at 0x2000 thread T0\n    #0 0x5 (poolhammer+0x5)\n"),
      "AddressSanitizer: use-after-poison, READ");
  EXPECT_EQ(how_it_died(1 << 8, "==7==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x5)\n"),
            "AddressSanitizer: SEGV");
}

TEST(HowItDied, IsTheRuntimeErrorWithoutItsNumbers) {
  EXPECT_EQ(how_it_died(1 << 8, "heap.hpp:12:3: runtime error: division by zero\nSUMMARY: ...\n"),
            "UndefinedBehaviorSanitizer: division by zero");
  EXPECT_EQ(how_it_died(1 << 8, "x.hpp:1:3: runtime error: index 99 out of bounds\n"),
            "UndefinedBehaviorSanitizer: index ");
}

TEST(HowItDied, IsTheSignalOrTheStatusWhereNoSanitizerSpeaks) {
  EXPECT_EQ(how_it_died(SIGABRT, ""), "killed by signal 6 (Aborted)");
  EXPECT_EQ(how_it_died(9 << 8, "some words"), "ended with status 9");
}

}  // namespace
}  // namespace poolhammer
