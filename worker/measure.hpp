#pragma once

#include <cstdint>

#include "harness/library/board.hpp"
#include "harness/trace/trace.hpp"
#include "worker/library_calls.hpp"

namespace poolhammer::library {

/// Runs the program without any judge, touches every page of every block as a program would, drains it, and
/// writes what it cost: the time of the program without the drain, the most that was resident, and what still
/// is after the drain. What would take the live bytes above `memory_limit` is skipped, as in run(). For a
/// process that ran nothing before.
void measure(const Trace& trace, const LibraryCalls& calls, std::uint64_t memory_limit, Reply& reply);

}  // namespace poolhammer::library
