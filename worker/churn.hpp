#pragma once

#include <cstdint>

#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// `threads` threads allocate, fill, verify, pass on and free `blocks` blocks each. Returns whether every
/// block held what was written into it and overlapped no other. Bounded by act_bounds.
[[nodiscard]] bool churn(const FunctionTable& table, std::uint64_t threads, std::uint64_t blocks);

/// While `threads` threads allocate and free, forks `children` children one after the other, each of which
/// allocates and frees. Returns whether all ended well and in time. Bounded by act_bounds.
[[nodiscard]] bool fork_crowd(const FunctionTable& table, std::uint64_t threads, std::uint64_t children);

}  // namespace poolhammer::worker
