#pragma once

#include <set>
#include <string>
#include <string_view>

#include "harness/library/target.hpp"

namespace poolhammer::c {

/// Pointers through which functions are called, so that no compiler sees through: it leaves no call out.
struct Pointers {
  std::string declarations;
  std::string lookups;  ///< what main does to set those that are looked up
};

[[nodiscard]] Pointers pointers(const library::Target& target, const std::set<Function>& used);

/// As a literal of C holds it.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace poolhammer::c
