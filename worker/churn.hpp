#pragma once

#include <cstdint>

#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// What was seen while threads ran at once.
enum class CrowdSaw : std::uint8_t {
  nothing,
  nonzero,  ///< a block of calloc that was not zero, and nothing worse
  damage,   ///< a block that did not hold what was written into it, or a child that did not end well
};

/// `threads` threads allocate, fill, verify, pass on and free `blocks` blocks each. Bounded by act_bounds.
[[nodiscard]] CrowdSaw churn(const FunctionTable& table, std::uint64_t threads, std::uint64_t blocks);

/// The same, but sixteen threads follow each other where one would be. Each takes and frees as many blocks as
/// the last of its destructors does: there a thread is born, its heir, and both work at once.
[[nodiscard]] CrowdSaw churn_with_heirs(const FunctionTable& table, std::uint64_t threads,
                                        std::uint64_t blocks);

/// While `threads` threads allocate and free, forks `children` children one after the other, each of which
/// allocates and frees, and must end in time. Bounded by act_bounds.
[[nodiscard]] CrowdSaw fork_crowd(const FunctionTable& table, std::uint64_t threads, std::uint64_t children);

}  // namespace poolhammer::worker
