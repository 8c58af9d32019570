#include "harness/report/finding.hpp"

#include <gtest/gtest.h>

namespace poolhammer {
namespace {

TEST(FindingText, NamesOracleStepPlaceAndBothValues) {
  EXPECT_EQ(to_string(Finding{"shadow.contents", 12, "free(b3)", "arena 0, pool 2, at 0x10", "0x01", "0x02"}),
            "FINDING: shadow.contents\n"
            "  at operation 12: free(b3)\n"
            "  where:    arena 0, pool 2, at 0x10\n"
            "  expected: 0x01\n"
            "  found:    0x02\n");
}

TEST(FindingText, DoesNotTakeTheDrainForAnOperationOfTheTrace) {
  EXPECT_EQ(to_string(Finding{"drain.pools", 12, "drain", "", "no pool in use", "1"}),
            "FINDING: drain.pools\n"
            "  after all 12 operations (final drain)\n"
            "  expected: no pool in use\n"
            "  found:    1\n");
}

}  // namespace
}  // namespace poolhammer
