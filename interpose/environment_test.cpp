#include "interpose/environment.hpp"

#include <gtest/gtest.h>

namespace poolhammer::interpose {
namespace {

TEST(Environment, TellsUnsetFromEmptyWhereThatIsAsked) {
  ASSERT_EQ(setenv("POOLHAMMER_OF_A_TEST", "", 1), 0);
  EXPECT_EQ(variable("POOLHAMMER_OF_A_TEST"), "");
  EXPECT_EQ(value_of("POOLHAMMER_OF_A_TEST"), "");
  ASSERT_EQ(setenv("POOLHAMMER_OF_A_TEST", "12", 1), 0);
  EXPECT_EQ(value_of("POOLHAMMER_OF_A_TEST"), "12");
  ASSERT_EQ(unsetenv("POOLHAMMER_OF_A_TEST"), 0);
  EXPECT_EQ(variable("POOLHAMMER_OF_A_TEST"), std::nullopt);
  EXPECT_EQ(value_of("POOLHAMMER_OF_A_TEST"), "");
}

TEST(Environment, ANumberIsAllOfAText) {
  EXPECT_EQ(whole_number("0"), 0U);
  EXPECT_EQ(whole_number("18446744073709551615"), ~std::uint64_t{0});
  for (const char* const wrong : {"", " 1", "1 ", "-1", "+1", "1k", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(whole_number(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace poolhammer::interpose
