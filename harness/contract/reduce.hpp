#pragma once

#include <cstdint>
#include <functional>

#include "harness/contract/check.hpp"

namespace poolhammer::contract {

/// The least that breaks a promise alike.
struct Reduction {
  Trace trace;
  Finding finding;               ///< of that program
  std::string death;             ///< how the process ended in it; empty where it did not
  bool alone = true;             ///< it breaks in a fresh process
  std::uint32_t runs = 0;        ///< how often `trace` was performed at last, each time in a fresh process
  std::uint32_t shown = 0;       ///< and in how many of these it broke alike
  std::uint64_t candidates = 0;  ///< programs that were tried
  bool at_rest = false;          ///< nothing simpler is left to try

  /// Whether it broke each time.
  [[nodiscard]] bool repeatable() const { return alone && shown == runs; }
};

struct ReduceOptions {
  std::function<bool()> stop = {};    ///< asked before each run; true: no more
  std::function<bool()> enough = {};  ///< asked before each candidate; true: the least so far is made sure of
};

/// The fewest operations and simplest numbers that show the same finding and still call the function that the
/// promise was tried with: see minimize(). Every candidate is performed alone in a fresh process, which may
/// be a forked one; the result in processes that load the library themselves. Bounded by 800 candidates,
/// fewer of programs whose threads run at once, and by 20 s where 40 were tried. A candidate gets a few times
/// as long as the best so far took. Deterministic but for that. A runner that gives up a program ends it,
/// too. Throws as LibraryRunner does.
[[nodiscard]] Reduction reduce(library::LibraryRunner& runner, const BrokenPromise& broken,
                               const ReduceOptions& options = {});

}  // namespace poolhammer::contract
