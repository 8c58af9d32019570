#pragma once

#include "harness/trace/trace.hpp"

namespace poolhammer {

/// The program, and what its end does, as steps, so that another program can follow in the same process: a
/// limit of memory goes, blocks are freed in the order of their slots, threads end.
[[nodiscard]] Trace with_its_end(const Trace& trace);

}  // namespace poolhammer
