#pragma once

#include <string>

#include "harness/c_program/c_program.hpp"
#include "harness/testing/trace_of.hpp"
#include "harness/trace/text.hpp"

// What tests of C programs write them of.
namespace poolhammer {

[[nodiscard]] inline Finding found(const std::string& oracle, std::size_t index,
                                   const std::string& operation = {}) {
  return {.oracle = oracle,
          .operation_index = index,
          .operation = operation,
          .where = {},
          .expected = {},
          .found = {}};
}

[[nodiscard]] inline ProgramFacts about(const std::string& name) {
  return {.clause = "test." + name,
          .tier = "must",
          .promise = "All is \"well\".",
          .source = "a test",
          .name = name};
}

}  // namespace poolhammer
