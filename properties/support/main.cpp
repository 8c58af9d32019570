#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "properties/support/property.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    const char* const given = std::getenv("RC_PARAMS");
    const poolhammer::Parameters parameters = poolhammer::read_parameters(given != nullptr ? given : "");
    // Standard error: CTest reads the list of tests from standard output.
    fmt::print(stderr, "Properties run with RC_PARAMS=\"{}\"\n", parameters.text);
    poolhammer::use_parameters(parameters);
  } catch (const poolhammer::ParametersError& e) {
    fmt::print(stderr, "RC_PARAMS: {}\n", e.what());
    return 2;
  }
  const int status = RUN_ALL_TESTS();
  fmt::print("{}", poolhammer::failure_report());
  return status;
}
