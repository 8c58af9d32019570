#pragma once

#include <span>

#include "harness/library/board.hpp"
#include "worker/function_table.hpp"

namespace poolhammer::worker {

/// Cuts the program into as many parts as threads were asked for, and has a thread perform each, all at the
/// same time. Blocks go from one to the other now and then.
void perform_at_once(std::span<std::byte> memory, library::Head& head, const FunctionTable& table);

}  // namespace poolhammer::worker
