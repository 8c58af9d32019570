#pragma once

#include <cstddef>
#include <vector>

#include "harness/trace/trace.hpp"

namespace poolhammer::bench {

/// A trace made ready to run against a clock: only calls that are carried out, and it frees what it
/// allocates.
struct Replayable {
  std::vector<Operation> calls;  ///< malloc, calloc, realloc, free; no size is 0
  std::size_t slots = 0;
};

/// Leaves out what asks nothing of an allocator (commands, calls that a trace skips), asks for 1 byte where
/// the trace asks for none (allocators differ there), and ends with a free of every block still live.
[[nodiscard]] Replayable make_replayable(const Trace& trace);

}  // namespace poolhammer::bench
