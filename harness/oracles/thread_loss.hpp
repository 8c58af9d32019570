#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "harness/oracles/complaint.hpp"
#include "harness/subjects/call.hpp"

namespace poolhammer {

// The oracles' ids, which are those of clauses, too.
inline constexpr std::string_view loss_oracle = "contract.threads.leave-nothing";
inline constexpr std::string_view loss_by_others_oracle = "contract.threads.returned-by-others";

/// Of fewer threads nothing is said: an allocator may have that many arenas, heaps or caches, and give each
/// memory of its own before it uses the first one again.
inline constexpr std::uint64_t least_generations = 2048;

/// Whether memory is lost with each of `threads` threads that take and free blocks and end; `by_others`: they
/// and the first thread free each other's. What an allocator keeps for itself has an end: caches, spare
/// heaps, a quarantine. So it is accused only where it grows by about the same in each of the last intervals
/// of the threads, and grew by much less as one thread took and freed as much.
[[nodiscard]] std::optional<Complaint> lost_with_threads(const Growth& growth, std::uint64_t threads,
                                                         bool by_others = false);

}  // namespace poolhammer
