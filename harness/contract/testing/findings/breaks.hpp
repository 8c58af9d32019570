#pragma once

#include <cstdlib>
#include <string>

#include "harness/library/target.hpp"

namespace poolhammer::contract {

/// While it lives, the library of `breaker` breaks that promise: workers and programs that are started find
/// its name in their environment.
class Breaks {
 public:
  explicit Breaks(const std::string& promise) { setenv("POOLHAMMER_BREAKS", promise.c_str(), 1); }
  Breaks(const Breaks&) = delete;
  Breaks& operator=(const Breaks&) = delete;
  ~Breaks() { unsetenv("POOLHAMMER_BREAKS"); }
};

[[nodiscard]] inline library::Target breaker() {
  return library::target_named(POOLHAMMER_BREAKER);
}

}  // namespace poolhammer::contract
