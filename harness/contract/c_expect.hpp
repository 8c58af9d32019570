#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "harness/contract/c_helpers.hpp"
#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// A block as an emitted program names it: its variable, and the expressions of what is known of it.
struct NamedBlock {
  std::uint16_t slot = no_slot;
  std::string name = "NULL";
  std::string size = "0";
  std::string known = "0";  ///< bytes that hold the pattern
  unsigned seed = 0;        ///< of that pattern
};

/// What an expectation may look at, as expressions.
struct Scene {
  NamedBlock block;
  std::vector<NamedBlock> others;  ///< that may live
  std::string result = "NULL";     ///< what the last call gave
  std::string error = "error";     ///< the error of the last call
  std::string usable;              ///< as last asked; empty: never
  std::string last_of_other;       ///< where the block of the slot `other` lay
};

/// A condition that holds where the promise is broken, and what to print then.
struct Check {
  std::string before;  ///< a declaration
  std::string condition;
  std::string happened;   ///< a format of printf
  std::string arguments;  ///< its arguments, each with a comma before it
};

/// One or more checks for a step of `expect`; adds the helpers that they call.
[[nodiscard]] std::vector<Check> checks_of(const Step& step, const Scene& scene, std::set<Helper>& helpers);

/// The number as C writes it: "24", "SIZE_MAX - 7", "(size_t)PTRDIFF_MAX + 1".
[[nodiscard]] std::string c_number(std::uint64_t value);
/// "ENOMEM", or a number for one without a name.
[[nodiscard]] std::string c_error(std::uint64_t value);

}  // namespace poolhammer::contract
