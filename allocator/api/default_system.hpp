#pragma once

#include "allocator/domains/memory_system.hpp"

namespace pymalloc {

/// The memory system of the process, made at the first call from the environment variable PYMALLOC (see
/// choice_named). An unknown name ends the process with one line on standard error and status 2. It is never
/// destroyed: blocks may be given back until the very end.
[[nodiscard]] MemorySystem& default_system();

}  // namespace pymalloc
