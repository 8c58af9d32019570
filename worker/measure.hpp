#pragma once

#include <cstdint>
#include <span>

#include "harness/library/board.hpp"
#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// The most bytes of this process that were in memory so far. Allocates nothing.
[[nodiscard]] std::uint64_t peak_resident_bytes();

/// Runs the program without any judge, touches every page of every block as a program would, drains it, and
/// writes what it cost: the time of the program without the drain, the most that was resident, and what still
/// is after the drain. What would take the live bytes above `memory_limit` is skipped, as in run(). For a
/// process that ran nothing before.
void measure(std::span<const Operation> operations, const FunctionTable& table, std::uint64_t memory_limit,
             library::Figures& figures);

}  // namespace poolhammer::worker
