#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "allocator/invariants/violation.hpp"

namespace poolhammer::watch {

/// The addresses of the arenas that a CPython 3.11 heap has.
using Arenas = std::set<std::uintptr_t>;

/// What does not hold in the pools of these arenas: headers, free lists, and the links between pools. The
/// first violation of each pool, in the order of their addresses. Only reads, and follows no address that it
/// did not look up before; no request of the heap may be under way.
[[nodiscard]] std::vector<pymalloc::Violation> walk(const Arenas& arenas);

}  // namespace poolhammer::watch
