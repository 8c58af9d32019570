#include "properties/support/parameters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace poolhammer {
namespace {

[[nodiscard]] std::string refusal(std::string_view rc_params) {
  try {
    return "taken as: " + read_parameters(rc_params).text;
  } catch (const ParametersError& e) {
    return e.what();
  }
}

TEST(Parameters, HaveAFixedSeedByDefault) {
  const Parameters parameters = read_parameters("");
  EXPECT_EQ(parameters.configuration.testParams.seed, default_seed);
  EXPECT_EQ(parameters.text, "seed=1");
  EXPECT_FALSE(parameters.cases_given);
}

TEST(Parameters, ReachRapidCheck) {
  const Parameters parameters =
      read_parameters(" seed=18446744073709551615  max_success=7 max_size=20 noshrink=1");
  EXPECT_EQ(parameters.configuration.testParams.seed, ~std::uint64_t{0});
  EXPECT_EQ(parameters.configuration.testParams.maxSuccess, 7);
  EXPECT_EQ(parameters.configuration.testParams.maxSize, 20);
  EXPECT_TRUE(parameters.configuration.testParams.disableShrinking);
  EXPECT_TRUE(parameters.cases_given);
}

TEST(Parameters, WrittenOutGiveTheSameAgain) {
  const Parameters parameters = read_parameters("max_size=20 verbose_shrinking=1");
  EXPECT_EQ(parameters.text, "seed=1 max_size=20 verbose_shrinking=1");
  EXPECT_EQ(read_parameters(parameters.text).configuration, parameters.configuration);
}

TEST(Parameters, RefuseAKeyThatRapidCheckWouldIgnore) {
  EXPECT_THAT(refusal("Seed=5"), testing::EndsWith("found 'Seed'"));
  EXPECT_THAT(refusal("seed=5 =3"), testing::StartsWith("expected a key"));
  EXPECT_THAT(refusal("seed = 5"), testing::StartsWith("expected a number below 2^64 for 'seed'"));
}

TEST(Parameters, RefuseAValueThatRapidCheckWouldReadInPart) {
  EXPECT_EQ(refusal("seed=12abc"), "expected a number below 2^64 for 'seed', found '12abc'");
  EXPECT_EQ(refusal("seed=-1"), "expected a number below 2^64 for 'seed', found '-1'");
  EXPECT_EQ(refusal("seed=18446744073709551616"),
            "expected a number below 2^64 for 'seed', found '18446744073709551616'");
  EXPECT_EQ(refusal("max_success=10000001"),
            "expected a number of at most 10000000 for 'max_success', found '10000001'");
  EXPECT_EQ(refusal("noshrink=yes"), "expected 0 or 1 for 'noshrink', found 'yes'");
  EXPECT_EQ(refusal("reproduce=???"), "'reproduce' string has invalid format");
}

}  // namespace
}  // namespace poolhammer
