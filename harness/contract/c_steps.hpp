#pragma once

#include <set>
#include <string>

#include "harness/contract/c_helpers.hpp"
#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// The steps of a probe as statements of C.
struct StepsText {
  std::string globals;           ///< variables that threads share, with their line ends
  std::string parts;             ///< functions that threads perform
  std::string body;              ///< of main
  std::set<Function> functions;  ///< that are called, each through the pointer named pointer_name
  std::set<Helper> helpers;
  std::set<std::string> headers;
};

/// `to_the_end`: what is left is freed at the end, too, as of a probe that dies. `watch_memory`: the
/// process's memory is looked at after each round.
[[nodiscard]] StepsText steps_text(const Probe& probe, bool to_the_end, bool watch_memory);

/// The name of the pointer through which a function is called: "do_malloc".
[[nodiscard]] std::string pointer_name(Function function);

}  // namespace poolhammer::contract
