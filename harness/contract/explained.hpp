#pragma once

#include <vector>

#include "harness/contract/check.hpp"

namespace poolhammer::contract {

// One fault often shows in many ways. The simplest clause that explains it is accused, and the others are
// not.

/// Takes the findings of `result` whose oracle a simpler clause has for its own, where that one of `all` is
/// broken.
void drop_explained(const std::vector<ClauseResult>& all, ClauseResult& result);

/// Whether calloc gives memory that is not zero. The C library takes the books of a new thread from calloc,
/// and dies of what is not zero there.
[[nodiscard]] bool dirty_calloc(const std::vector<ClauseResult>& results);
/// Takes the deaths of programs with threads, where dirty_calloc() explains them.
void drop_deaths_of_threads(const std::vector<ClauseResult>& results, std::vector<BrokenPromise>& deaths);

}  // namespace poolhammer::contract
