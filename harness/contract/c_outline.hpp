#pragma once

#include <cstdint>
#include <set>

#include "harness/contract/probe.hpp"

namespace poolhammer::contract {

/// What is found out of a probe before it is written.
struct Outline {
  std::set<std::size_t> error_wanted;   ///< steps whose errno is looked at
  std::set<std::uint16_t> dynamic;      ///< slots whose size is a variable
  std::set<std::uint16_t> last_wanted;  ///< slots of which it matters where their block lay
  std::set<std::uint16_t> usable_wanted;
  bool threads = false;
  bool lasting_threads = false;  ///< one rests between two of its steps, or before its end
  bool nested = false;           ///< there are repetitions or children
};

[[nodiscard]] Outline outline_of(const Probe& probe);

}  // namespace poolhammer::contract
